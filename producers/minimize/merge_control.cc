#include "producers/minimize/merge_control.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>

namespace fuzzmill::producers {
namespace {

// One record line: its word, the number of its file, and the numbers after it.
struct Line {
  std::string_view word;
  std::size_t file = 0;
  std::vector<std::uint64_t> numbers;
};

std::optional<Line> line_of(std::string_view text) {
  Line line;
  const auto blank = text.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  line.word = text.substr(0, blank);
  std::vector<std::uint64_t> numbers;
  const char* at = text.data() + blank;
  const char* const end = text.data() + text.size();
  while (at != end) {
    if (*at == ' ') {
      ++at;
      continue;
    }
    std::uint64_t number = 0;
    const auto [next, failed] = std::from_chars(at, end, number);
    if (failed != std::errc() || (next != end && *next != ' ')) return std::nullopt;
    numbers.push_back(number);
    at = next;
  }
  if (numbers.empty()) return std::nullopt;
  line.file = numbers.front();
  line.numbers.assign(numbers.begin() + 1, numbers.end());
  return line;
}

// The records one after the other; what may follow what.
class Records {
 public:
  explicit Records(std::size_t files) : files_(files) {}

  // False: this line cannot stand here.
  bool take(const Line& line, std::size_t end) {
    if (line.word == "STARTED") {
      if (line.file != state.begun.size() || line.file >= files_ || has_features_) return false;
      state.begun.emplace_back();
      state.open = line.file;
      return true;
    }
    if (!state.open || line.file != *state.open) return false;
    if (line.word == "FT" && !has_features_) {
      state.begun.back().features = line.numbers;
      return has_features_ = true;
    }
    if (line.word != "COV" || !has_features_) return false;
    state.begun.back().edges = line.numbers;
    state.begun.back().finished = true;
    state.open.reset();
    state.whole = end;
    has_features_ = false;
    return true;
  }

  ControlState state;

 private:
  std::size_t files_;
  bool has_features_ = false;
};

}  // namespace

std::string new_control(const std::vector<std::string>& paths) {
  std::string out = fmt::format("{}\n0\n", paths.size());
  for (const auto& path : paths) out += path + "\n";
  return out;
}

schema::Result<ControlState> read_control(std::string_view text, const std::vector<std::string>& paths) {
  const std::string head = new_control(paths);
  if (text.substr(0, head.size()) != head)
    return schema::invalid("the merge control file does not begin with the inputs of its shard");
  Records records(paths.size());
  records.state.whole = head.size();
  std::size_t number = paths.size() + 2;
  for (std::size_t at = head.size(); at < text.size();) {
    const auto end = text.find('\n', at);
    if (end == std::string_view::npos) break;  // cut off
    ++number;
    const auto line = line_of(text.substr(at, end - at));
    if (!line || !records.take(*line, end + 1))
      return schema::invalid(fmt::format("line {} of the merge control file is wrong", number));
    at = end + 1;
  }
  // A record with FT and without COV was cut off: it is open still.
  return std::move(records.state);
}

}  // namespace fuzzmill::producers
