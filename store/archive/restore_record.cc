#include "store/archive/restore_record.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <nlohmann/json.hpp>

namespace fuzzmill::store {
namespace {

using schema::Result;
using schema::Status;
using Json = nlohmann::ordered_json;

constexpr std::size_t kPiece = 64 * 1024;
constexpr int kMostNames = 10'000;

std::string line_of(const Json& json) { return json.dump(-1, ' ', false, Json::error_handler_t::replace); }

// "/a/corpus/" and "/a/corpus" are one folder, beside which its record lies.
std::filesystem::path beside(const std::filesystem::path& folder) {
  const auto path = std::filesystem::absolute(folder).lexically_normal();
  return path.has_filename() ? path : path.parent_path();
}

}  // namespace

Result<RestoreRecord> RestoreRecord::open(const std::filesystem::path& folder, const std::string& archive_id,
                                          const std::string& target, std::uint64_t now_ms) {
  const std::string stem = fmt::format("{}.restored-{}", beside(folder).string(), archive_id);
  const std::string part = fmt::format("{}.{}.part", stem, ::getpid());
  FileDescriptor file(::open(part.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0644));
  if (file.get() < 0) return os_error(errno, "cannot make", part);
  RestoreRecord record(std::move(file), part, stem);
  const Json head = {{"version", 1},
                     {"archive", archive_id},
                     {"target", target},
                     {"time_ms", now_ms},
                     {"to", folder.string()}};
  record.text_ = line_of(head);
  record.text_.back() = ',';
  record.text_ += "\n\"files\":[\n";
  return record;
}

Status RestoreRecord::flush() {
  auto written = write_whole(file_.get(), text_, part_.string());
  text_.clear();
  return written;
}

Status RestoreRecord::add(const PlannedFile& file, const std::string& name, const std::string& why_renamed) {
  Json line = {{"sha256", schema::hex(file.sha256)}, {"size", file.size}, {"name", name}};
  if (!why_renamed.empty()) line["why_renamed"] = why_renamed;
  text_ += first_ ? "" : ",\n";
  first_ = false;
  text_ += line_of(line);
  return text_.size() < kPiece ? Status() : flush();
}

Result<std::string> RestoreRecord::finish(const std::string& problem) {
  text_ += "\n]";
  if (!problem.empty()) text_ += ",\n\"ended_early\":" + line_of(Json(problem));
  text_ += "}\n";
  if (auto flushed = flush(); !flushed) return std::move(flushed).error();
  if (::fsync(file_.get()) != 0) return os_error(errno, "cannot sync", part_.string());
  for (int i = 1; i <= kMostNames; ++i) {
    const std::string name = i == 1 ? stem_ + ".json" : fmt::format("{}-{}.json", stem_, i);
    if (::link(part_.c_str(), name.c_str()) == 0) {
      ::unlink(part_.c_str());
      return name;
    }
    if (errno != EEXIST) return os_error(errno, "cannot name", name);
  }
  return schema::conflict(fmt::format("{}.json and {} more are there already", stem_, kMostNames));
}

}  // namespace fuzzmill::store
