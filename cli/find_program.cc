#include "cli/find_program.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>

namespace fuzzmill::cli {

std::filesystem::path find_program(std::string_view name) {
  const char* variable = std::getenv("PATH");
  std::string_view path = variable == nullptr ? "/usr/local/bin:/usr/bin:/bin" : variable;
  while (!path.empty()) {
    const auto end = std::min(path.find(':'), path.size());
    const auto file = std::filesystem::path(path.substr(0, end)) / name;
    std::error_code ignored;
    if (std::filesystem::is_regular_file(file, ignored) && access(file.c_str(), X_OK) == 0) return file;
    path.remove_prefix(std::min(end + 1, path.size()));
  }
  return {};
}

std::filesystem::path own_program() {
  std::error_code error;
  auto file = std::filesystem::read_symlink("/proc/self/exe", error);
  if (error) return find_program("fuzzmill");
  // An upgrade replaced the file that we were started from: the kernel says so in the name, and what is to
  // be started now is the new one.
  constexpr std::string_view kGone = " (deleted)";
  const std::string name = file.string();
  if (name.ends_with(kGone)) file = name.substr(0, name.size() - kGone.size());
  return file;
}

std::filesystem::path find_redis_conf() {
  std::error_code ignored;
  const auto installed = own_program().parent_path().parent_path() / "share/fuzzmill/redis.conf";
  if (std::filesystem::is_regular_file(installed, ignored)) return installed;
  const std::filesystem::path source = FUZZMILL_REDIS_CONF;
  return std::filesystem::is_regular_file(source, ignored) ? source : std::filesystem::path();
}

}  // namespace fuzzmill::cli
