#include "producers/corpus/target_sharing.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

#include "producers/evidence/artifact.h"
#include "runtime/durable_file.h"
#include "runtime/units.h"

namespace fuzzmill::producers {
namespace {

constexpr std::string_view kMagic = "fuzzmill sharing 1";
constexpr std::size_t kInputsPerTurn = 256;
constexpr std::uint64_t kBytesPerTurn = 4u << 20;
constexpr std::size_t kMaxWaiting = 10'000;
constexpr std::uint64_t kQuietMs = 2'000;  // a file is whole when nobody has written it for so long
constexpr std::uint64_t kKeepEveryMs = 60'000;
constexpr std::int64_t kLookShare = 50;  // a look that takes a second is taken every 50

}  // namespace

TargetSharing::TargetSharing(SharingSource source, Questions& questions,
                             std::function<void(const std::string&)> warn)
    : source_(std::move(source)),
      questions_(questions),
      warn_(std::move(warn)),
      kept_(load(source_.state_file)),
      finds_(source_.place, kept_.looked_ms),
      out_(source_.settings.budget),
      in_(source_.settings.budget) {
  if (source_.import.kind == ImportKind::kNone && !source_.import.why_none.empty()) {
    warn_("what other nodes find cannot be given to it: " + source_.import.why_none);
  }
}

// Three lines: the version, the cursor, the time of the last look.
TargetSharing::Kept TargetSharing::load(const std::filesystem::path& file) {
  Kept kept;
  const auto text = read_bounded(file, 64 * 1024);
  if (!text || text->rfind(std::string(kMagic) + "\n", 0) != 0) return kept;
  const auto cursor_at = kMagic.size() + 1;
  const auto cursor_end = text->find('\n', cursor_at);
  if (cursor_end == std::string::npos) return kept;
  const auto time_end = text->find('\n', cursor_end + 1);
  if (time_end == std::string::npos) return kept;
  const auto time = runtime::parse_number(text->substr(cursor_end + 1, time_end - cursor_end - 1));
  if (!time) return kept;
  kept.cursor = text->substr(cursor_at, cursor_end - cursor_at);
  kept.looked_ms = *time;
  return kept;
}

// Finds that still wait are found again: they are younger than the look that is kept.
void TargetSharing::keep(std::uint64_t unix_ms) {
  kept_at_ms_ = unix_ms;
  const auto text = fmt::format("{}\n{}\n{}\n", kMagic, kept_.cursor, kept_.looked_ms);
  if (auto written = runtime::write_durably(source_.state_file, text); !written)
    warn_(written.error().message);
}

schema::Status TargetSharing::turn(Time now, std::uint64_t unix_ms) {
  if (!next_look_ || now >= *next_look_) look(now, unix_ms);
  if (auto given = give(now, unix_ms); !given) return given;
  if (auto imported = import(now, unix_ms); !imported) return imported;
  if (unix_ms >= kept_at_ms_ + kKeepEveryMs) keep(unix_ms);
  return {};
}

void TargetSharing::look(Time now, std::uint64_t unix_ms) {
  const auto began = std::chrono::steady_clock::now();
  auto found = finds_.look(unix_ms);
  next_look_ = now + kLookShare * (std::chrono::steady_clock::now() - began);
  const auto room = kMaxWaiting - std::min(kMaxWaiting, waiting_.size());
  const auto taken = std::min(room, found.size());
  waiting_.insert(waiting_.end(), std::make_move_iterator(found.begin()),
                  std::make_move_iterator(found.begin() + static_cast<std::ptrdiff_t>(taken)));
  counts_.refused += found.size() - taken;
  if (waiting_.empty()) kept_.looked_ms = unix_ms;
}

// What is not whole yet goes to the back; what is gone, too large or not its own is forgotten.
std::vector<TargetSharing::Find> TargetSharing::take_waiting(std::uint64_t budget, std::uint64_t unix_ms) {
  std::vector<Find> taken;
  std::uint64_t bytes = 0;
  for (auto left = waiting_.size(); left > 0 && taken.size() < kInputsPerTurn && bytes < budget; --left) {
    auto name = std::move(waiting_.front());
    waiting_.pop_front();
    const auto path = source_.place.folder / name;
    struct stat info {};
    if (::lstat(path.c_str(), &info) != 0) continue;
    const auto changed_ms = static_cast<std::uint64_t>(std::max<std::int64_t>(0, info.st_mtim.tv_sec)) * 1000;
    if (changed_ms + kQuietMs > unix_ms && changed_ms < unix_ms + kQuietMs) {
      waiting_.push_back(std::move(name));
      continue;
    }
    auto content = read_bounded(path, schema::kMaxSharedInputSize);
    if (!content || content->empty()) continue;
    const auto sha256 = schema::sha256(*content);
    if (foreign_.contains(sha256)) continue;
    bytes += content->size();
    taken.push_back({sha256, std::move(*content)});
  }
  return taken;
}

schema::Status TargetSharing::give(Time now, std::uint64_t unix_ms) {
  const auto budget = std::min(kBytesPerTurn, out_.left(now));
  if (waiting_.empty() || budget == 0) return {};
  const auto before = waiting_;
  auto finds = take_waiting(budget, unix_ms);
  if (finds.empty()) return {};
  schema::OfferAsked offer;
  offer.target = source_.target;
  for (const auto& find : finds) {
    offer.hashes.append(reinterpret_cast<const char*>(find.sha256.data()), find.sha256.size());
  }
  const auto wanted = questions_.ask(offer);
  if (!wanted || wanted->lacks.size() != finds.size()) {
    waiting_ = before;
    return wanted ? schema::Status(schema::invalid("the answer to an offer has another length"))
                  : wanted.error();
  }
  schema::GiveAsked give;
  give.target = source_.target;
  give.engine = source_.engine;
  std::uint64_t bytes = 0;
  for (std::size_t i = 0; i < finds.size(); ++i) {
    if (wanted->lacks[i] == 0) continue;
    bytes += finds[i].bytes.size();
    give.inputs.push_back({finds[i].sha256, std::move(finds[i].bytes)});
  }
  if (give.inputs.empty()) return {};
  const auto told = questions_.ask(give);
  if (!told) {
    waiting_ = before;
    return told.error();
  }
  out_.spend(bytes, now);
  counts_.given += told->accepted;
  counts_.refused += told->refused;
  return {};
}

void TargetSharing::open_imports() {
  auto opened = ImportFolder::open(source_.import.kind, source_.import.folder);
  if (opened) {
    imports_.emplace(std::move(*opened));
  } else {
    warn_("what other nodes find cannot be given to it: " + opened.error().message);
    source_.import.kind = ImportKind::kNone;
  }
}

schema::Status TargetSharing::import(Time now, std::uint64_t unix_ms) {
  const auto budget = std::min(kBytesPerTurn, in_.left(now));
  if (source_.import.kind != ImportKind::kNone && !imports_) open_imports();
  if (!imports_ || budget == 0) return {};
  schema::SharedAsked ask;
  ask.target = source_.target;
  ask.cursor = kept_.cursor;
  ask.inputs = kInputsPerTurn;
  ask.bytes = budget;
  ask.imported = counts_.imported - told_imported_;
  ask.dropped = counts_.dropped - told_dropped_;
  auto told = questions_.ask(ask);
  if (!told) return std::move(told).error();
  told_imported_ += ask.imported;
  told_dropped_ += ask.dropped;
  std::uint64_t bytes = 0;
  for (const auto& input : told->inputs) {
    bytes += input.bytes.size();
    write_import(input, unix_ms);
  }
  in_.spend(bytes, now);
  const bool moved = told->cursor != kept_.cursor && !told->inputs.empty();
  if (told->cursor.find('\n') == std::string::npos) kept_.cursor = std::move(told->cursor);
  if (moved) keep(unix_ms);
  return {};
}

void TargetSharing::write_import(const schema::SharedInput& input, std::uint64_t unix_ms) {
  if (input.bytes.size() > schema::kMaxSharedInputSize || schema::sha256(input.bytes) != input.sha256) {
    ++counts_.dropped;
    return;
  }
  foreign_.add(input.sha256);  // before it is written: it must not be offered in between
  const auto put = imports_->put(input.sha256, input.bytes, unix_ms / 1000);
  if (!put) warn_("an input of another node is not written: " + put.error().message);
  ++(put && *put == ImportFolder::Put::kWritten ? counts_.imported : counts_.dropped);
}

}  // namespace fuzzmill::producers
