#include "cli/corpus/publish_crashers.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>

#include "broker/credentials.h"
#include "broker/publisher.h"
#include "cli/key_folder.h"
#include "cli/node_link.h"
#include "cli/publisher_outbox.h"
#include "producers/minimize/engine_measure.h"
#include "runtime/file_lock.h"
#include "runtime/health.h"
#include "schema/event.h"

namespace fuzzmill::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t kMaxInput = 64u << 20, kMaxReport = 2u << 20;
constexpr std::uint64_t kSpoolSize = 256u << 20;
constexpr std::chrono::seconds kDrain{20};

}  // namespace

std::vector<SetAside> read_crashers(const fs::path& output) {
  std::vector<SetAside> crashers;
  std::error_code failed;
  for (fs::directory_iterator entry(output / "crashers", failed), end; !failed && entry != end;
       entry.increment(failed)) {
    const std::string name = entry->path().filename().string();
    const auto dot = name.find('.');
    if (dot != 64 || name.ends_with(".txt")) continue;
    crashers.push_back(
        {name.substr(0, dot), name.substr(dot + 1), entry->path(), entry->path().string() + ".txt"});
  }
  std::sort(crashers.begin(), crashers.end(), [](const auto& a, const auto& b) { return a.input < b.input; });
  return crashers;
}

std::string engine_in(const fs::path& output) {
  const auto json = producers::read_whole(output / "minimize.json", 1u << 20);
  if (!json) return "";
  for (const auto& row : producers::kEngines) {
    if (json->find(fmt::format("\"engine\": \"{}\"", row.name)) != std::string::npos)
      return std::string(row.name);
  }
  return "";
}

schema::Result<std::size_t> publish_crashers(producers::Outbox& outbox, const std::string& node,
                                             const std::string& target, producers::Engine engine,
                                             const std::vector<SetAside>& crashers, std::uint64_t now_ms) {
  std::size_t fresh = 0;
  for (const auto& crasher : crashers) {
    auto input = producers::read_whole(crasher.input, kMaxInput);
    if (!input) return std::move(input).error();
    auto report = producers::read_whole(crasher.report, kMaxReport);
    schema::CrashFound found;
    found.engine = producers::engine_name(engine),
    found.artifact = fmt::format("{}-{}", crasher.kind, crasher.sha256);
    found.artifact_kind = crasher.kind, found.report_source = report && !report->empty() ? "replay" : "none";
    schema::Event event{{}, node, target, now_ms, {}, std::move(found)};
    std::vector<broker::Attachment> attachments = {{"input", std::move(*input)}};
    if (report && !report->empty()) attachments.push_back({"report", std::move(*report)});
    const auto key = fmt::format("minimize/{}/{}/{}", target, crasher.kind, crasher.sha256);
    const auto kept = outbox.publish_once(key, std::move(event), std::move(attachments));
    if (!kept) return kept.error();
    fresh += *kept ? 1 : 0;
  }
  return fresh;
}

void CrasherPublisher::declare(runtime::Options& options) {
  options.text("node", node_, "NAME", "who publishes crashers; where none is given, the host's name");
  options.text("spool", spool_, "FILE", "publish crashers through this spool; each once").only_flag();
  options.text("data", data_.data, "DIR", "data folder of an `up` on this machine: gives endpoint and key");
  options.text("endpoint", endpoint_, "URL", "a broker elsewhere: tcp://host:port");
  options.text("keys", keys_, "DIR", "folder with NODE.key and server.pub, for --endpoint");
}

schema::Result<std::size_t> CrasherPublisher::publish(const std::string& target, producers::Engine engine,
                                                      const std::vector<SetAside>& crashers) {
  if (spool_.empty())
    return schema::invalid("--spool is missing: the file that keeps what the broker does not have yet");
  if (node_.empty()) {
    char host[256] = {};
    gethostname(host, sizeof host - 1);
    node_ = as_name(host);
  }
  std::string key_name = node_;
  if (endpoint_.empty()) {
    const auto endpoint = local_endpoint(data_.folder());
    if (!endpoint)
      return schema::Error(endpoint.error()).in("no broker: name one with --data, or --endpoint and --keys");
    endpoint_ = *endpoint, keys_ = data_.folder().keys().string(), key_name = kLocalOperator;
  }
  const auto lock = runtime::FileLock::take(spool_ + ".lock");
  if (!lock) return schema::Error(lock.error()).in("another process uses this spool");
  const auto peer = broker::read_peer(keys_, key_name, endpoint_);
  if (!peer) return peer.error();
  auto spool = broker::open_spool(spool_, kSpoolSize);
  if (!spool) return std::move(spool).error();
  const auto publisher = broker::Publisher::start({.peer = *peer}, std::move(*spool));
  PublisherOutbox outbox(*publisher);
  auto count = publish_crashers(outbox, node_, target, engine, crashers, runtime::unix_ms());
  if (count && !publisher->drain(kDrain))
    fmt::print(stderr, "the broker does not have all of it yet; it stays in {} for the next run\n", spool_);
  publisher->stop();
  return count;
}

}  // namespace fuzzmill::cli
