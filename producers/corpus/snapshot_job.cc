#include "producers/corpus/snapshot_job.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "producers/corpus/corpus_worth.h"
#include "producers/evidence/artifact.h"
#include "schema/corpus_manifest.h"
#include "store/archive/archive_writer.h"

namespace fuzzmill::producers {
namespace {

constexpr std::uint64_t kHashedPerTurn = 8u << 20;
constexpr std::size_t kFilesPerTurn = 512;
constexpr std::uint64_t kKeepEvery = 1u << 30;      // bytes hashed between two writes of the state
constexpr std::int64_t kSettledNs = 2'000'000'000;  // no file system's clock is coarser
constexpr std::uint64_t kPageSecond = 315'532'800;  // of all entries: 1980, as every archive has it

std::uint8_t index_of(std::string_view reason) {
  const auto found = std::find(schema::kReasons.begin(), schema::kReasons.end(), reason);
  return static_cast<std::uint8_t>(found - schema::kReasons.begin());
}

}  // namespace

SnapshotJob::SnapshotJob(SnapshotSource source, SnapshotPorts ports, std::string snapshot)
    : source_(std::move(source)), ports_(std::move(ports)), sender_(state_, std::move(snapshot)) {
  std::string problem;
  state_ = load_state(source_.state_file, &problem);
  if (!problem.empty()) ports_.warn(problem + "; all files are read again");
}

schema::Result<SnapshotJob::Turn> SnapshotJob::turn() {
  switch (sender_.step()) {
    case SnapshotSender::Step::kAskBase: {
      auto told = ports_.questions->ask(schema::BaseAsked{source_.target});
      if (!told) return std::move(told).error();
      sender_.base_told(told->snapshot);
      return Turn::kMore;
    }
    case SnapshotSender::Step::kPlan:
      return hash_some();
    case SnapshotSender::Step::kAskLacks: {
      auto told = ports_.questions->ask(schema::LacksAsked{source_.target, sender_.hashes()});
      if (!told) return std::move(told).error();
      if (auto taken = sender_.lacks_told(told->lacks); !taken) return std::move(taken).error();
      return Turn::kMore;
    }
    case SnapshotSender::Step::kMakePage:
      return publish_page();
    case SnapshotSender::Step::kDone:
      break;
  }
  return Turn::kDone;
}

void SnapshotJob::choose() {
  CorpusWorth worth;
  if (source_.place.afl_output) {
    worth = CorpusWorth::of_afl(source_.place.folder);
  } else if (!source_.merge_control.empty()) {
    auto values = read_merge_control(source_.merge_control);
    if (values) {
      worth = CorpusWorth(std::move(*values));
    } else if (values.error().code != schema::ErrorCode::kNotFound) {
      ports_.warn(values.error().message + "; files are chosen without it");
    }
  }
  Selection selection(source_.policy);
  count_ = scan_corpus(source_.place, [&](CorpusEntry entry) {
    const auto of_it = worth.of(entry.name);
    selection.offer(std::move(entry), of_it);
  });
  left_out_files_ = selection.left_out_files() + count_.unnamed_files;
  left_out_bytes_ = selection.left_out_bytes() + count_.unnamed_bytes;
  auto chosen = selection.take();
  chosen_files_ = chosen.size();
  std::uint32_t rank = 0;
  for (auto& [entry, of_it] : chosen) {
    auto& known = state_.see(std::move(entry));
    known.second.chosen = true;
    known.second.rank = source_.policy.all ? 0 : ++rank;
    known.second.reason = index_of(of_it.reason);
    if (!known.second.hashed) to_hash_.push_back(&known);
  }
  std::erase_if(state_.files,
                [](const auto& file) { return !file.second.chosen && file.second.listed == 0; });
  chosen_ = true;
}

schema::Result<SnapshotJob::Turn> SnapshotJob::hash_some() {
  if (!chosen_) choose();
  std::uint64_t bytes = 0;
  for (std::size_t files = 0; files < kFilesPerTurn && bytes < kHashedPerTurn && !to_hash_.empty(); ++files) {
    auto& [name, file] = *to_hash_.back();
    to_hash_.pop_back();
    const auto now_ns = static_cast<std::int64_t>(ports_.unix_ms()) * 1'000'000;
    const auto content = read_bounded(path_of(name), source_.policy.max_file_bytes);
    if (!content || content->size() != file.size) {  // gone, or it grows
      file.chosen = false;
      --chosen_files_, ++left_out_files_, left_out_bytes_ += file.size;
      continue;
    }
    file.sha256 = schema::sha256(*content);
    file.hashed = true;
    file.settled = file.mtime_ns < now_ns - kSettledNs;
    bytes += file.size;
  }
  hashed_bytes_ += bytes;
  if (hashed_bytes_ >= kKeepEvery || (to_hash_.empty() && hashed_bytes_ > 0)) keep_state();
  if (to_hash_.empty()) sender_.plan();
  return Turn::kMore;
}

// What cannot be kept is computed again the next time.
void SnapshotJob::keep_state() {
  hashed_bytes_ = 0;
  if (auto kept = save_state(source_.state_file, state_); !kept) ports_.warn(kept.error().message);
}

std::optional<std::string> SnapshotJob::read_as_hashed(const std::string& name,
                                                       const RememberedFile& file) const {
  auto content = read_bounded(path_of(name), source_.policy.max_file_bytes);
  if (!content || schema::sha256(*content) != file.sha256) return std::nullopt;
  return std::move(*content);
}

// The small archive of the page's bytes; empty when the server lacks none of them.
schema::Result<std::string> SnapshotJob::pack_files() {
  std::string packed;
  std::unique_ptr<store::ArchiveWriter> writer;
  for (std::size_t i = 0; i < sender_.page().files.size(); ++i) {
    const auto& part = sender_.page().files[i];
    if (!part.lacking || last_sent_ == part.file->second.sha256) continue;
    const auto& [name, file] = *part.file;
    const auto content = read_as_hashed(name, file);
    if (!content) {
      sender_.drop(i);
      --chosen_files_;
      continue;
    }
    if (!writer) {
      auto made = store::ArchiveWriter::to_memory(packed, kPageSecond);
      if (!made) return std::move(made).error();
      writer = std::move(*made);
    }
    if (auto added = writer->add(schema::corpus_entry_name(file.sha256), *content); !added) {
      return std::move(added).error();
    }
    last_sent_ = file.sha256;
    ++sent_files_;
  }
  if (writer) {
    if (auto finished = writer->finish(); !finished) return std::move(finished).error();
  }
  return packed;
}

schema::Event SnapshotJob::event() const {
  schema::CorpusSnapshot body;
  body.engine = source_.engine;
  body.files = count_.files;
  body.bytes = count_.bytes;
  body.files_left_out = left_out_files_ + sender_.dropped_files();
  body.bytes_left_out = left_out_bytes_ + sender_.dropped_bytes();
  body.selection = selection_rule(source_.policy);
  body.build_id = source_.build_id;
  body.snapshot = sender_.snapshot();
  if (!sender_.base().empty()) body.base = sender_.base();
  body.page = sender_.page().number;
  body.last = sender_.page().last;
  schema::Event event;
  event.node = source_.node;
  event.target = source_.target;
  event.time_ms = ports_.unix_ms();
  event.body = std::move(body);
  return event;
}

schema::Result<SnapshotJob::Turn> SnapshotJob::publish_page() {
  if (ports_.outbox->spool().bytes > kSpoolRoom) return Turn::kWait;
  auto packed = pack_files();
  if (!packed) return std::move(packed).error();
  std::vector<broker::Attachment> attachments;
  attachments.push_back({"listing", schema::encode_listing(sender_.listing())});
  if (!packed->empty()) attachments.push_back({"files", std::move(*packed)});
  std::uint64_t bytes = 0;
  for (const auto& attachment : attachments) bytes += attachment.bytes.size();
  auto published = ports_.outbox->publish(event(), std::move(attachments));
  if (!published) return std::move(published).error();
  sent_bytes_ += bytes;
  sender_.page_published();
  if (sender_.step() != SnapshotSender::Step::kDone) return Turn::kMore;
  sender_.finish(ports_.unix_ms());
  keep_state();
  return Turn::kDone;
}

std::string SnapshotJob::summary() const {
  return fmt::format("{} of {} files, {} sent with {:.1f} KB, {} {}", chosen_files_, count_.files,
                     sent_files_, static_cast<double>(sent_bytes_) / 1024, sender_.page().number + 1,
                     sender_.page().number == 0 ? "page" : "pages");
}

}  // namespace fuzzmill::producers
