#include "producers/engine/discover_proc.h"

#include <sys/stat.h>

#include <fstream>
#include <system_error>

#include "producers/engine/left_scan.h"

namespace fuzzmill::producers {
namespace {

constexpr std::size_t kMaxText = 128 * 1024;
constexpr std::size_t kMaxKnown = 4096;  // files

std::optional<std::string> read_text(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  std::string text(kMaxText, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  text.resize(static_cast<std::size_t>(in.gcount()));
  return text;
}

// Words that each end in a zero byte.
std::vector<std::string> zero_ended(std::string_view text) {
  std::vector<std::string> words;
  while (!text.empty()) {
    const auto end = text.find('\0');
    words.emplace_back(text.substr(0, end));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  return words;
}

std::string link_target(const std::filesystem::path& link) {
  std::error_code failed;
  const auto target = std::filesystem::read_symlink(link, failed);
  return failed ? std::string() : target.string();
}

std::string without_deleted(std::string path) {
  constexpr std::string_view kMark = " (deleted)";  // the file was replaced by a new build
  if (path.size() > kMark.size() && path.compare(path.size() - kMark.size(), kMark.size(), kMark) == 0)
    path.resize(path.size() - kMark.size());
  return path;
}

// The fourth field of stat; the second is a name in parentheses that may hold any character.
std::uint64_t parent_in(std::string_view stat) {
  const auto name_end = stat.rfind(')');
  if (name_end == std::string_view::npos || name_end + 4 > stat.size()) return 0;
  return LeftScan(stat.substr(name_end + 4)).number().value_or(0);
}

}  // namespace

std::vector<ProcessSeen> FuzzerSearch::processes() const {
  std::vector<ProcessSeen> seen;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(proc_, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const auto pid = whole_number(entry->path().filename().string());
    if (!pid) continue;
    const auto& folder = entry->path();
    const auto stat = read_text(folder / "stat");
    const auto command = read_text(folder / "cmdline");
    if (!stat || !command) continue;
    ProcessSeen process;
    process.pid = *pid;
    process.parent = parent_in(*stat);
    process.argv = zero_ended(*command);
    if (!process.argv.empty()) {
      process.program = without_deleted(link_target(folder / "exe"));
      process.working_dir = link_target(folder / "cwd");
    }
    seen.push_back(std::move(process));
  }
  return seen;
}

std::optional<Variables> FuzzerSearch::environment(const ProcessSeen& process) const {
  const auto text = read_text(proc_ / std::to_string(process.pid) / "environ");
  if (!text) return std::nullopt;
  Variables variables;
  for (const auto& word : zero_ended(*text)) {
    const auto equals = word.find('=');
    if (equals != std::string::npos && equals > 0)
      variables.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  return variables;
}

ProgramWords FuzzerSearch::words(const ProcessSeen& process) {
  const auto file = proc_ / std::to_string(process.pid) / "exe";
  struct stat info {};
  if (::stat(file.c_str(), &info) != 0) return {};
  const FileId id{info.st_dev, info.st_ino, static_cast<std::uint64_t>(info.st_size), info.st_mtim.tv_sec,
                  info.st_mtim.tv_nsec};
  if (const auto known = known_.find(id); known != known_.end()) return known->second;
  const auto words = words_of_program(file);
  if (!words) return {};
  if (known_.size() >= kMaxKnown) known_.clear();
  return known_.emplace(id, *words).first->second;
}

Discovery FuzzerSearch::discover(const std::string& watcher) {
  DiscoveryLook look;
  look.words = [this](const ProcessSeen& process) { return words(process); };
  look.is_file = [this](const ProcessSeen& process, const std::string& operand) {
    const auto folder = proc_ / std::to_string(process.pid);
    const bool absolute = !operand.empty() && operand.front() == '/';
    std::error_code failed;
    return std::filesystem::is_regular_file(
        absolute ? folder / "root" / operand.substr(1) : folder / "cwd" / operand, failed);
  };
  look.environment = [this](const ProcessSeen& process) { return environment(process); };
  look.watcher = watcher;
  return producers::discover(processes(), look);
}

}  // namespace fuzzmill::producers
