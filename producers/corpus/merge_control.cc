#include "producers/corpus/merge_control.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <functional>

namespace fuzzmill::producers {
namespace {

constexpr std::size_t kMaxPath = 4096;
constexpr std::size_t kMaxWord = 24;
constexpr std::size_t kSeenFeatures = 1u << 24;  // libFuzzer itself has a place for 2^21
constexpr std::uint64_t kMaxFileBytes = 4ull << 30;

bool number(std::string_view text, std::uint64_t& into) {
  const auto end = text.data() + text.size();
  const auto read = std::from_chars(text.data(), end, into);
  return read.ec == std::errc() && read.ptr == end;
}

}  // namespace

std::uint64_t CoverageValues::hash(std::string_view name) {
  return std::hash<std::string_view>{}(name.substr(name.rfind('/') + 1));
}

std::uint32_t CoverageValues::of(std::string_view name) const {
  const auto found = values_.find(hash(name));
  return found == values_.end() ? 0 : found->second;
}

void CoverageValues::add(std::uint64_t name_hash, std::uint32_t features) {
  if (features > 0) values_[name_hash] += features;
}

schema::Error MergeControlReader::wrong(std::string_view what) const {
  return schema::invalid(fmt::format("merge control file, line {}: {}", line_, what));
}

schema::Status MergeControlReader::feed(std::string_view chunk) {
  for (const char c : chunk) {
    const bool ends_word = part_ == Part::kRecords && c == ' ';
    if (c != '\n' && !ends_word) {
      text_.push_back(c);
      const auto limit = part_ == Part::kNames ? kMaxPath : kMaxWord;
      if (text_.size() > limit) return wrong(fmt::format("longer than {} characters", limit));
      continue;
    }
    if (auto ended = ends_word ? word_ended() : line_ended(); !ended) return ended;
    text_.clear();
  }
  return {};
}

schema::Status MergeControlReader::count_line() {
  std::uint64_t count = 0;
  if (!number(text_, count)) return wrong("not a number of files");
  if (part_ == Part::kFirstCorpus) {
    if (count > files_) return wrong("more files in the first corpus than there are");
    part_ = Part::kNames;
    return {};
  }
  if (count == 0) return wrong("no files");
  if (count > kMaxMergeControlFiles) {
    return schema::too_large(fmt::format("merge control file: more than {} files", kMaxMergeControlFiles));
  }
  files_ = count;
  part_ = Part::kFirstCorpus;
  return {};
}

schema::Status MergeControlReader::line_ended() {
  schema::Status taken;
  if (part_ == Part::kRecords) {
    taken = word_ended();
    record_ended();
  } else if (part_ != Part::kNames) {
    taken = count_line();
  } else if (text_.empty()) {
    taken = wrong("a file without a name");
  } else {
    names_.push_back(CoverageValues::hash(text_));
    if (names_.size() == files_) part_ = Part::kRecords, seen_.resize(kSeenFeatures);
  }
  ++line_;
  return taken;
}

schema::Status MergeControlReader::word_ended() {
  if (text_.empty()) return {};
  const auto place = word_++;
  if (place == 0) {
    if (text_ == "STARTED") record_ = Record::kStarted;
    if (text_ == "FT") record_ = Record::kFeatures;
    if (text_ == "COV") record_ = Record::kEdges;
    return record_ == Record::kNone ? wrong("neither STARTED nor FT nor COV") : schema::Status{};
  }
  std::uint64_t value = 0;
  if (!number(text_, value)) return wrong("not a number");
  if (place == 1) {
    if (value >= files_) return wrong("an index that no file has");
    index_ = value;
  } else if (record_ == Record::kFeatures && !seen_[value % kSeenFeatures]) {
    seen_[value % kSeenFeatures] = true;
    ++fresh_;
  }
  return {};
}

void MergeControlReader::record_ended() {
  if (record_ == Record::kFeatures && word_ > 1) values_.add(names_[index_], fresh_);
  record_ = Record::kNone;
  word_ = 0;
  fresh_ = 0;
}

schema::Result<CoverageValues> MergeControlReader::finish() {
  if (part_ != Part::kRecords) return wrong("it ends within the names of its files");
  return std::move(values_);
}

schema::Result<CoverageValues> read_merge_control(const std::filesystem::path& file) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
  if (fd < 0) {
    auto message = fmt::format("{}: {}", file.string(), std::strerror(errno));
    return errno == ENOENT ? schema::not_found(std::move(message)) : schema::denied(std::move(message));
  }
  struct stat info {};
  MergeControlReader reader;
  schema::Status fed;
  if (::fstat(fd, &info) != 0 || !S_ISREG(info.st_mode)) fed = schema::invalid("no regular file");
  std::array<char, 64 * 1024> buffer;
  std::uint64_t total = 0;
  while (fed) {
    const ssize_t got = ::read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) fed = schema::unavailable(std::strerror(errno));
    if (got <= 0) break;
    total += static_cast<std::uint64_t>(got);
    if (total > kMaxFileBytes) fed = schema::too_large("larger than 4 GB");
    if (fed) fed = reader.feed({buffer.data(), static_cast<std::size_t>(got)});
  }
  ::close(fd);
  if (!fed) return std::move(fed).error().in(file.string());
  auto values = reader.finish();
  if (!values) return std::move(values).error().in(file.string());
  return values;
}

}  // namespace fuzzmill::producers
