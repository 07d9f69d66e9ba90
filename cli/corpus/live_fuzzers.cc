#include "cli/corpus/live_fuzzers.h"

#include <fmt/format.h>

#include <algorithm>
#include <optional>

#include "producers/engine/discover_proc.h"

namespace fuzzmill::cli {
namespace {

namespace fs = std::filesystem;

fs::path resolved(const fs::path& path) {
  std::error_code failed;
  auto whole = fs::weakly_canonical(path, failed);
  if (failed) whole = path.lexically_normal();
  return whole.has_filename() ? whole : whole.parent_path();
}

bool within(const fs::path& inner, const fs::path& outer) {
  const auto [end, ignored] = std::mismatch(outer.begin(), outer.end(), inner.begin(), inner.end());
  return end == outer.end();
}

// "-artifact_prefix=out/" and "--input=out" name a path behind their sign.
std::string path_in(const std::string& word) {
  if (word.empty() || word.front() != '-') return word;
  const auto sign = word.find('=');
  return sign == std::string::npos ? "" : word.substr(sign + 1);
}

std::optional<std::string> word_of(const producers::FuzzerFound& fuzzer, const fs::path& folder) {
  for (std::size_t i = 1; i < fuzzer.argv.size(); ++i) {
    const auto text = path_in(fuzzer.argv[i]);
    std::error_code failed;
    if (text.empty() || !fs::is_directory(fuzzer.working_dir / text, failed)) continue;
    const auto path = resolved(fuzzer.working_dir / text);
    if (within(path, folder) || within(folder, path)) return "its argument " + fuzzer.argv[i];
  }
  if (within(resolved(fuzzer.working_dir), folder))
    return "its working folder " + fuzzer.working_dir.string();
  return std::nullopt;
}

}  // namespace

std::vector<std::string> fuzzers_in(const std::vector<producers::FuzzerFound>& fuzzers,
                                    const fs::path& folder) {
  const auto whole = resolved(fs::absolute(folder));
  std::vector<std::string> users;
  for (const auto& fuzzer : fuzzers) {
    if (const auto word = word_of(fuzzer, whole))
      users.push_back(
          fmt::format("pid {}, {}, by {}", fuzzer.pid, fs::path(fuzzer.program).filename().string(), *word));
  }
  return users;
}

std::vector<std::string> live_fuzzers_in(const fs::path& folder) {
  return fuzzers_in(producers::FuzzerSearch().discover().found, folder);
}

}  // namespace fuzzmill::cli
