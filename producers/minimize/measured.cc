#include "producers/minimize/measured.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <optional>
#include <queue>
#include <unordered_set>

namespace fuzzmill::producers {
namespace {

constexpr std::string_view kHead = "fuzzmill-measured 1\n";
constexpr std::size_t kLeastOfShard = 64;  // starting a target costs as much as running some inputs
constexpr std::size_t kMostShards = 65'536;

void append_numbers(std::string& out, const std::vector<std::uint64_t>& numbers) {
  for (const auto number : numbers) fmt::format_to(std::back_inserter(out), " {}", number);
}

// Cuts a text into words at single blanks.
class Words {
 public:
  explicit Words(std::string_view line) : rest_(line) {}
  std::optional<std::string_view> next() {
    if (rest_.empty()) return std::nullopt;
    const auto blank = std::min(rest_.find(' '), rest_.size());
    const auto word = rest_.substr(0, blank);
    rest_.remove_prefix(std::min(blank + 1, rest_.size()));
    return word;
  }

 private:
  std::string_view rest_;
};

std::optional<std::uint64_t> number_of(std::string_view word) {
  std::uint64_t number = 0;
  const auto [end, failed] = std::from_chars(word.data(), word.data() + word.size(), number);
  if (failed != std::errc() || end != word.data() + word.size()) return std::nullopt;
  return number;
}

bool known_failure(std::string_view word) { return word == "crash" || word == "timeout" || word == "oom"; }

std::optional<MeasuredInput> input_of(std::string_view line) {
  MeasuredInput input;
  Words words(line);
  const auto sha256 = words.next(), size = words.next(), failure = words.next();
  if (!sha256 || !size || !failure || sha256->size() != 64) return std::nullopt;
  const auto digest = schema::unhex(*sha256);
  const auto bytes = number_of(*size);
  if (!digest || !bytes || (*failure != "-" && !known_failure(*failure))) return std::nullopt;
  std::copy(digest->begin(), digest->end(), input.input.sha256.begin());
  input.input.size = *bytes;
  if (*failure != "-") input.failure = *failure;
  auto* list = &input.features;
  while (const auto word = words.next()) {
    if (*word == "|") {
      list = &input.edges;
      continue;
    }
    const auto number = number_of(*word);
    if (!number) return std::nullopt;
    list->push_back(*number);
  }
  return input;
}

}  // namespace

std::string encode_measured(const Measured& measured) {
  std::string out(kHead);
  for (const auto& one : measured) {
    fmt::format_to(std::back_inserter(out), "{} {} {}", schema::hex(one.input.sha256), one.input.size,
                   one.failure.empty() ? "-" : one.failure);
    append_numbers(out, one.features);
    out += " |";
    append_numbers(out, one.edges);
    out += '\n';
  }
  return out + "sha256 " + schema::sha256_hex(out) + "\n";
}

schema::Result<Measured> decode_measured(std::string_view text) {
  constexpr std::size_t kTail = 7 + 64 + 1;
  if (text.size() < kHead.size() + kTail || text.substr(0, kHead.size()) != kHead)
    return schema::invalid("no measurements of ours");
  const auto body = text.substr(0, text.size() - kTail);
  if (text.substr(body.size()) != "sha256 " + schema::sha256_hex(std::string_view(body)) + "\n")
    return schema::invalid("the measurements do not match their checksum");
  Measured measured;
  for (auto rest = body.substr(kHead.size()); !rest.empty();) {
    const auto end = std::min(rest.find('\n'), rest.size());
    auto input = input_of(rest.substr(0, end));
    if (!input)
      return schema::invalid(fmt::format("line {} of the measurements is wrong", measured.size() + 2));
    measured.push_back(std::move(*input));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  return measured;
}

Chosen choose(const std::vector<Measured>& shards) {
  struct Place {
    std::size_t shard, at;
  };
  const auto later = [&](const Place& a, const Place& b) {
    return shards[b.shard][b.at].input < shards[a.shard][a.at].input;
  };
  std::priority_queue<Place, std::vector<Place>, decltype(later)> next(later);
  for (std::size_t i = 0; i < shards.size(); ++i) {
    if (!shards[i].empty()) next.push({i, 0});
  }
  Chosen chosen;
  std::unordered_set<std::uint64_t> features, edges;
  while (!next.empty()) {
    auto place = next.top();
    next.pop();
    const MeasuredInput& one = shards[place.shard][place.at];
    if (!one.failure.empty()) {
      chosen.failed.push_back({one.input, one.failure, {}, {}});
    } else {
      bool brings = false;
      for (const auto feature : one.features) brings |= features.insert(feature).second;
      edges.insert(one.edges.begin(), one.edges.end());
      if (brings) chosen.inputs.push_back(one.input);
    }
    if (++place.at < shards[place.shard].size()) next.push(place);
  }
  chosen.features = features.size(), chosen.edges = edges.size();
  return chosen;
}

std::size_t shard_of(const schema::Sha256& sha256, std::size_t shards) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < 8; ++i) number = number << 8 | sha256[i];
  return static_cast<std::size_t>(number % std::max<std::size_t>(1, shards));
}

std::size_t shard_count(std::size_t inputs, std::size_t jobs, std::size_t most_of_one) {
  const std::size_t needed = (inputs + most_of_one - 1) / std::max<std::size_t>(1, most_of_one);
  const std::size_t worth = std::max<std::size_t>(1, inputs / kLeastOfShard);
  return std::clamp<std::size_t>(std::max(needed, std::min(jobs, worth)), 1, kMostShards);
}

}  // namespace fuzzmill::producers
