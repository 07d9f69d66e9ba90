#include "producers/evidence/pending.h"

#include <fmt/format.h>

#include <algorithm>

#include "producers/evidence/artifact.h"
#include "runtime/durable_file.h"
#include "schema/event_codec.h"
#include "schema/limits.h"

namespace fuzzmill::producers {
namespace {

constexpr const char* kInput = ".input";
constexpr const char* kReport = ".report";
constexpr const char* kEvent = ".event";

// One crash, whoever sees it again: its kind and its content.
std::string stem_of(const std::string& kind, const schema::Sha256& content) {
  const bool plain =
      std::all_of(kind.begin(), kind.end(), [](char c) { return (c >= 'a' && c <= 'z') || c == '-'; });
  return fmt::format("{}.{}", schema::hex(content), plain ? kind : "crash");
}

std::filesystem::path with(std::filesystem::path path, const char* suffix) {
  return path.replace_extension(suffix);
}

std::uint64_t size_of(const std::filesystem::path& file) {
  std::error_code gone;
  const auto size = std::filesystem::file_size(file, gone);
  return gone ? 0 : size;
}

// All files of one crash, as the name of its input tells them.
std::uint64_t bytes_of(const std::filesystem::path& input) {
  return size_of(input) + size_of(with(input, kReport)) + size_of(with(input, kEvent));
}

// The event first: without it the rest is a half-kept one.
void remove_crash(const std::filesystem::path& input) {
  std::error_code ignored;
  for (const char* suffix : {kEvent, kReport, kInput}) std::filesystem::remove(with(input, suffix), ignored);
}

// What write_durably() was at when it was killed has a name of its own.
std::uint64_t clean_up(const std::filesystem::path& folder) {
  std::uint64_t bytes = 0;
  std::error_code failed, ignored;
  for (std::filesystem::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    if (entry->path().filename().native().front() == '.') {
      std::filesystem::remove(entry->path(), ignored);
    } else {
      bytes += size_of(entry->path());
    }
  }
  return bytes;
}

// kNotFound: half-kept, or what no crash is. Any other error may pass: too many open files, a disk that does
// not answer.
schema::Result<PendingCrash> read_one(const std::filesystem::path& input) {
  const auto bytes = read_bounded(with(input, kEvent), schema::kMaxEventSize);
  if (!bytes) return bytes.error();
  auto event = schema::decode(*bytes);
  if (!event || event->topic() != schema::Topic::kCrashFound) {
    return schema::not_found(fmt::format("{}: no crash", input.string()));
  }
  const auto content = read_bounded(input, schema::kMaxAttachmentSize);
  if (!content) return content.error();
  PendingCrash crash{std::move(*event), input, schema::sha256(*content), std::nullopt};
  if (const auto report = with(input, kReport); std::filesystem::exists(report)) crash.report = report;
  return crash;
}

}  // namespace

schema::Result<PendingCrashes> PendingCrashes::open(std::filesystem::path folder, std::uint64_t max_bytes) {
  std::error_code failed;
  std::filesystem::create_directories(folder, failed);
  if (failed) return schema::denied(fmt::format("{}: {}", folder.string(), failed.message()));
  PendingCrashes pending(std::move(folder), max_bytes);
  pending.bytes_ = clean_up(pending.folder_);
  return pending;
}

schema::Result<PendingCrash> PendingCrashes::keep(schema::Event event, const std::string& input,
                                                  const std::optional<std::string>& report) {
  if (bytes_ + input.size() + (report ? report->size() : 0) > max_bytes_) {
    return schema::unavailable(
        fmt::format("{}: {} bytes wait for their replay already", folder_.string(), bytes_));
  }
  const auto content = schema::sha256(input);
  const auto& kind = std::get<schema::CrashFound>(event.body).artifact_kind;
  const auto file = folder_ / (stem_of(kind, content) + kInput);
  PendingCrash crash{std::move(event), file, content, std::nullopt};
  if (auto kept = runtime::write_durably(file, input); !kept) return std::move(kept).error();
  if (report) {
    crash.report = with(file, kReport);
    if (auto kept = runtime::write_durably(*crash.report, *report); !kept) return std::move(kept).error();
  }
  if (auto kept = runtime::write_durably(with(file, kEvent), schema::encode(crash.event)); !kept) {
    return std::move(kept).error();
  }
  bytes_ += bytes_of(file);
  return crash;
}

bool PendingCrashes::holds(const std::string& kind, const schema::Sha256& content) const {
  std::error_code failed;
  return std::filesystem::exists(folder_ / (stem_of(kind, content) + kEvent), failed);
}

void PendingCrashes::forget(const PendingCrash& crash) {
  bytes_ -= std::min(bytes_, bytes_of(crash.input));
  remove_crash(crash.input);
}

std::vector<PendingCrash> PendingCrashes::list(std::size_t count,
                                               const std::set<std::filesystem::path>& but) const {
  std::vector<PendingCrash> crashes;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(folder_, failed), end;
       !failed && entry != end && crashes.size() < count; entry.increment(failed)) {
    const auto& input = entry->path();
    if (input.extension() != kInput || but.contains(input)) continue;
    if (auto crash = read_one(input)) {
      crashes.push_back(std::move(*crash));
    } else if (crash.error().code == schema::ErrorCode::kNotFound) {
      remove_crash(input);
    }
  }
  return crashes;
}

}  // namespace fuzzmill::producers
