#include "producers/library/producer.h"

#include <fmt/format.h>
#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <utility>

#include "producers/corpus/corpus.h"
#include "schema/limits.h"

namespace fuzzmill::producers {
namespace {

namespace fs = std::filesystem;
using schema::Result;
using schema::Status;

constexpr std::uint64_t kSpoolBytes = 256u << 20;
constexpr std::uint32_t kMaxSlots = 1024;
constexpr std::array<std::string_view, 5> kKinds = {"crash", "leak", "timeout", "oom", "slow-unit"};
// A thread that broke gets these whatever its mask says: blocked, they would end the process past its
// handlers.
constexpr std::array kFaults = {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT, SIGTRAP, SIGSYS};

// Threads inherit the mask of the one that makes them: what starts within takes no signal of the process. A
// fuzzer's SIGALRM looks at the thread it lands on, and misses a timeout on one of ours.
class WithoutSignals {
 public:
  WithoutSignals() {
    sigset_t all;
    sigfillset(&all);
    for (const int fault : kFaults) sigdelset(&all, fault);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~WithoutSignals() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  WithoutSignals(const WithoutSignals&) = delete;
  WithoutSignals& operator=(const WithoutSignals&) = delete;

 private:
  sigset_t before_;
};

std::uint64_t unix_ms() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
}

Status complete(ProducerSettings& settings) {
  if (settings.endpoint.empty()) return schema::invalid("no endpoint: tcp://host:port or ipc:///path");
  if (settings.keys.empty()) return schema::invalid("no folder of keys");
  if (settings.spool.empty()) return schema::invalid("no spool file");
  for (const auto& [word, name] : {std::pair{"node", &settings.node}, {"target", &settings.target}}) {
    if (schema::valid_name(*name)) continue;
    return schema::invalid(fmt::format(
        "'{}' is no name of a {}: up to 64 letters, digits, '.', '_' and '-', not beginning with '.'",
        name->substr(0, schema::kMaxNameSize), word));
  }
  if (settings.key_name.empty()) settings.key_name = settings.node;
  if (settings.engine.empty()) settings.engine = "custom";
  if (!schema::valid_name(settings.engine)) return schema::invalid("the engine is no name");
  if (settings.spool_bytes == 0) settings.spool_bytes = kSpoolBytes;
  settings.spool_slots = std::clamp(settings.spool_slots, 1u, kMaxSlots);
  return {};
}

struct Slot {
  std::string spool;
  runtime::FileLock lock;
};

Result<Slot> take_slot(const ProducerSettings& settings) {
  std::error_code failed;
  const fs::path folder = fs::path(settings.spool).parent_path();
  if (!folder.empty()) fs::create_directories(folder, failed);
  if (failed) {
    return schema::unavailable(
        fmt::format("cannot make the folder {}: {}", folder.string(), failed.message()));
  }
  for (std::uint32_t slot = 0;; ++slot) {
    auto spool = slot == 0 ? settings.spool : fmt::format("{}.{}", settings.spool, slot);
    auto lock = runtime::FileLock::take(spool + ".lock");
    if (lock) return Slot{std::move(spool), std::move(*lock)};
    if (lock.error().code != schema::ErrorCode::kConflict || slot + 1 >= settings.spool_slots) {
      return std::move(lock).error().in("another process has the spool");
    }
  }
}

void shorten(std::optional<std::string>& text) {
  if (text) text->resize(std::min(text->size(), schema::kMaxTextSize));
}

}  // namespace

Result<std::unique_ptr<Producer>> Producer::open(ProducerSettings settings) {
  if (auto checked = complete(settings); !checked) return std::move(checked).error();
  auto peer = broker::read_peer(settings.keys, settings.key_name, settings.endpoint);
  if (!peer) return std::move(peer).error();
  auto slot = take_slot(settings);
  if (!slot) return std::move(slot).error();
  auto spool = broker::open_spool(slot->spool, settings.spool_bytes);
  if (!spool) return std::move(spool).error();
  settings.spool = slot->spool;
  std::unique_ptr<Producer> producer(new Producer(std::move(settings), std::move(slot->lock)));
  const WithoutSignals quiet;
  producer->publisher_ = broker::Publisher::start({.peer = std::move(*peer)}, std::move(*spool));
  return producer;
}

schema::Event Producer::event_of(schema::Body body) const {
  schema::Event event;
  event.node = settings_.node;
  event.target = settings_.target;
  event.time_ms = unix_ms();
  event.body = std::move(body);
  return event;
}

Result<bool> Producer::crash(schema::CrashFound body, std::optional<std::string> input,
                             std::optional<std::string> report) {
  if (!input && !report) return schema::invalid("a crash has an input, a report or both");
  if (std::find(kKinds.begin(), kKinds.end(), body.artifact_kind) == kKinds.end()) {
    return schema::invalid(fmt::format("'{}' is no kind of an artifact: {}", body.artifact_kind.substr(0, 64),
                                       fmt::join(kKinds, ", ")));
  }
  const auto content = schema::hex(schema::sha256(input ? *input : *report));
  const auto key = fmt::format("crash/{}/{}/{}", settings_.target, body.artifact_kind, content);
  if (body.artifact.empty()) body.artifact = fmt::format("{}-{}", body.artifact_kind, content);
  body.artifact.resize(std::min(body.artifact.size(), std::size_t{255}));
  body.engine = settings_.engine;
  body.report_source = report ? "log" : "none";
  shorten(body.build_id), shorten(body.command);
  std::vector<broker::Attachment> attachments;
  if (input) attachments.push_back({"input", std::move(*input)});
  if (report) attachments.push_back({"report", std::move(*report)});
  return publisher_->publish_once(key, event_of(std::move(body)), std::move(attachments));
}

Status Producer::sample(schema::ResourceSample body, Measure measure) {
  OwnUsage own;
  {
    const std::lock_guard lock(meter_mutex_);
    own = meter_.look();
  }
  if (measure.interval) body.interval_ms = own.interval_ms;
  if (measure.cpu) body.cpu_percent = own.cpu_percent;
  if (measure.rss) body.rss_mb = own.rss_mb;
  if (measure.threads) body.threads = own.threads;
  body.processes = 1;
  body.states = "R";
  body.engine = settings_.engine;
  auto published = publisher_->publish(event_of(std::move(body)));
  if (!published) return std::move(published).error();
  return {};
}

Status Producer::corpus(const std::string& folder, std::optional<std::string> build_id) {
  std::error_code failed;
  if (!fs::is_directory(folder, failed)) return schema::not_found(fmt::format("{} is no folder", folder));
  auto snapshot = take_snapshot(folder, {});
  snapshot.body.engine = settings_.engine;
  snapshot.body.build_id = std::move(build_id);
  shorten(snapshot.body.build_id);
  auto published = publisher_->publish(event_of(std::move(snapshot.body)), std::move(snapshot.files));
  if (!published) return std::move(published).error();
  return {};
}

}  // namespace fuzzmill::producers
