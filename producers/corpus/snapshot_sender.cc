#include "producers/corpus/snapshot_sender.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <iterator>
#include <tuple>
#include <utility>

#include "schema/ask.h"

namespace fuzzmill::producers {
namespace {

const schema::Sha256& hash_of(const PageFile& file) { return file.file->second.sha256; }

}  // namespace

void SnapshotSender::base_told(const std::string& snapshot) {
  assert(step_ == Step::kAskBase);
  if (!snapshot.empty() && snapshot == state_.snapshot) base_ = snapshot;
  step_ = Step::kPlan;
}

void SnapshotSender::plan() {
  assert(step_ == Step::kPlan);
  for (auto& known : state_.files) {
    const auto& file = known.second;
    if (file.chosen) {
      assert(file.hashed);
      if (base_.empty() || file.listed != CorpusState::mark(file)) files_.push_back({&known, false});
    } else if (!base_.empty() && file.listed != 0) {
      gone_.push_back(&known.first);
    }
  }
  std::sort(files_.begin(), files_.end(), [](const PageFile& a, const PageFile& b) {
    return std::tie(hash_of(a), a.file->first) < std::tie(hash_of(b), b.file->first);
  });
  std::sort(gone_.begin(), gone_.end(), [](const auto* a, const auto* b) { return *a < *b; });
  step_ = Step::kAskLacks;
  if (files_.empty()) cut_page();
}

std::string SnapshotSender::hashes() const {
  assert(step_ == Step::kAskLacks);
  std::string asked;
  std::size_t count = 0;
  for (auto at = asked_; at < files_.size() && count < schema::kMaxAskedHashes; ++at) {
    if (at > asked_ && hash_of(files_[at]) == hash_of(files_[at - 1])) continue;
    const auto& digest = hash_of(files_[at]);
    asked.append(reinterpret_cast<const char*>(digest.data()), digest.size());
    ++count;
  }
  return asked;
}

schema::Status SnapshotSender::lacks_told(std::string_view lacks) {
  assert(step_ == Step::kAskLacks);
  const auto expected = hashes().size() / sizeof(schema::Sha256);
  if (lacks.size() != expected) {
    return schema::invalid(fmt::format("asked for {} files, told of {}", expected, lacks.size()));
  }
  for (const char lack : lacks) {
    const auto& digest = hash_of(files_[asked_]);
    do {
      files_[asked_++].lacking = lack != 0;
    } while (asked_ < files_.size() && hash_of(files_[asked_]) == digest);
  }
  if (asked_ == files_.size()) cut_page();
  return {};
}

// As many files as fit. One that is larger than a page has a page of its own.
void SnapshotSender::cut_page() {
  step_ = Step::kMakePage;
  page_.files.clear();
  page_.gone.clear();
  std::uint64_t bytes = 0;
  auto at = paged_;
  for (; at < files_.size() && page_.files.size() < schema::kMaxListingFiles; ++at) {
    const bool counts = files_[at].lacking && (at == 0 || hash_of(files_[at]) != hash_of(files_[at - 1]));
    const auto size = counts ? files_[at].file->second.size : 0;
    if (bytes + size > kPageBytes && bytes > 0) break;
    bytes += size;
    page_.files.push_back(files_[at]);
  }
  auto gone = told_gone_;
  while (gone < gone_.size() && page_.files.size() + page_.gone.size() < schema::kMaxListingFiles) {
    page_.gone.push_back(gone_[gone++]);
  }
  planned_gone_ = page_.gone.size();
  page_.last = at == files_.size() && gone == gone_.size();
}

void SnapshotSender::drop(std::size_t index) {
  auto& [name, file] = *page_.files.at(index).file;
  ++dropped_files_;
  dropped_bytes_ += file.size;
  file.chosen = file.hashed = false;
  // What the base says of it is no longer so.
  if (!base_.empty() && file.listed != 0) page_.gone.push_back(&name);
  page_.files[index].file = nullptr;
}

schema::CorpusListing SnapshotSender::listing() const {
  schema::CorpusListing listing;
  for (const auto& part : page_.files) {
    if (part.file == nullptr) continue;
    const auto& [name, file] = *part.file;
    listing.files.push_back({file.sha256, file.size, name, file.mtime_ns / 1'000'000, file.rank,
                             std::string(schema::kReasons.at(file.reason))});
  }
  for (const auto* name : page_.gone) listing.gone.push_back(*name);
  return listing;
}

void SnapshotSender::page_published() {
  assert(step_ == Step::kMakePage);
  paged_ += page_.files.size();
  told_gone_ += planned_gone_;
  if (page_.last) {
    step_ = Step::kDone;
    return;
  }
  ++page_.number;
  cut_page();
}

void SnapshotSender::finish(std::uint64_t unix_ms) {
  assert(step_ == Step::kDone);
  for (auto at = state_.files.begin(); at != state_.files.end();) {
    auto& file = at->second;
    file.listed = file.chosen ? CorpusState::mark(file) : 0;
    at = file.chosen ? std::next(at) : state_.files.erase(at);
  }
  state_.snapshot = snapshot_;
  state_.snapshot_ms = unix_ms;
}

}  // namespace fuzzmill::producers
