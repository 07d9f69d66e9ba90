#include "tests/bench/process_tree.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <sstream>

namespace fuzzmill::bench {
namespace {

namespace fs = std::filesystem;

std::string read_text(const fs::path& file) {
  std::ifstream in(file);
  return {std::istreambuf_iterator<char>(in), {}};
}

// The field after the name, which stands in parentheses and may itself hold some: "PID (name) S PPID …".
pid_t parent_of(const fs::path& process) {
  const std::string stat = read_text(process / "stat");
  const auto end = stat.rfind(')');
  if (end == std::string::npos) return 0;
  std::istringstream rest(stat.substr(end + 1));
  std::string state;
  pid_t parent = 0;
  rest >> state >> parent;
  return parent;
}

// schedstat counts nanoseconds where stat counts hundredths of a second: too coarse for a system that idles.
double cpu_seconds(const fs::path& process) {
  double seconds = 0;
  std::error_code error;
  for (fs::directory_iterator at(process / "task", error), end; !error && at != end; at.increment(error)) {
    double nanoseconds = 0;
    std::istringstream(read_text(at->path() / "schedstat")) >> nanoseconds;
    seconds += nanoseconds / 1e9;
  }
  return seconds;
}

std::uint64_t pss_bytes(const fs::path& process) {
  std::istringstream lines(read_text(process / "smaps_rollup"));
  for (std::string word; lines >> word;) {
    std::uint64_t kilobytes = 0;
    if (word == "Pss:" && lines >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

std::multimap<pid_t, pid_t> children_of_all() {
  std::multimap<pid_t, pid_t> children;
  std::error_code error;
  for (fs::directory_iterator at("/proc", error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().filename().string();
    pid_t pid = 0;
    const auto [last, problem] = std::from_chars(name.data(), name.data() + name.size(), pid);
    if (problem == std::errc() && last == name.data() + name.size())
      children.emplace(parent_of(at->path()), pid);
  }
  return children;
}

}  // namespace

std::vector<ProcessUse> process_tree(pid_t root) {
  const auto children = children_of_all();
  std::vector<pid_t> pids{root};
  for (std::size_t i = 0; i < pids.size(); ++i) {
    const auto [first, last] = children.equal_range(pids[i]);
    std::transform(first, last, std::back_inserter(pids), [](const auto& row) { return row.second; });
  }
  std::vector<ProcessUse> tree;
  for (const pid_t pid : pids) {
    const fs::path process = fs::path("/proc") / std::to_string(pid);
    std::string name = read_text(process / "comm");
    if (name.empty()) continue;
    name.pop_back();  // the line break
    tree.push_back({pid, std::move(name), cpu_seconds(process), pss_bytes(process)});
  }
  return tree;
}

}  // namespace fuzzmill::bench
