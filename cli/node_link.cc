#include "cli/node_link.h"

#include <fmt/format.h>
#include <unistd.h>

#include <utility>

#include "broker/credentials.h"
#include "cli/key_folder.h"
#include "runtime/health.h"
#include "runtime/log.h"
#include "runtime/version.h"
#include "schema/event.h"

namespace fuzzmill::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::milliseconds kAnswerLimit{10'000};

std::string host_name() {
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  return as_name(host);
}

}  // namespace

class NodeLink::BrokerQuestions final : public producers::Questions {
 public:
  explicit BrokerQuestions(broker::Asker& asker) : asker_(asker) {}
  schema::Result<schema::BaseTold> ask(const schema::BaseAsked& asked) override { return put(asked); }
  schema::Result<schema::LacksTold> ask(const schema::LacksAsked& asked) override { return put(asked); }
  schema::Result<schema::OfferTold> ask(const schema::OfferAsked& asked) override { return put(asked); }
  schema::Result<schema::GiveTold> ask(const schema::GiveAsked& asked) override { return put(asked); }
  schema::Result<schema::SharedTold> ask(const schema::SharedAsked& asked) override { return put(asked); }
  schema::Result<schema::OrdersTold> ask(const schema::OrdersAsked& asked) override { return put(asked); }

 private:
  template <class Asked>
  schema::Result<typename Asked::Told> put(const Asked& asked) {
    return asker_.ask(asked, kAnswerLimit);
  }
  broker::Asker& asker_;
};

std::string as_name(std::string_view text) {
  std::string name(text.substr(0, 64));
  for (char& c : name) {
    if (!schema::valid_name(std::string(1, c)) && c != '.') c = '-';
  }
  if (!name.empty() && name[0] == '.') name[0] = '-';
  return name.empty() ? "node" : name;
}

NodeLink::NodeLink() {
  services_.version = runtime::kVersion;
  services_.say = [](const std::string& target, const std::string& text) {
    if (target.empty()) return runtime::log_info(text);
    runtime::log_info(text, {{"target", target}});
  };
}

// Corpora and replays end first, then what they report to; what is not acknowledged is sent by the next run.
NodeLink::~NodeLink() {
  if (asker_) asker_->stop();
  corpora_.reset();
  replayer_.reset();
  if (!publisher_) return;
  if (!publisher_->drain(drain_)) {
    const auto state = publisher_->state();
    runtime::log_warn("events stay in the spool for the next run",
                      {{"events", state.spool.events}, {"spool", spool_}, {"problem", state.last_problem}});
  }
  publisher_->stop();
}

void NodeLink::declare(runtime::Options& options) {
  options.text("node", services_.node, "NAME", "who fuzzes; where none is given, the host's name");
  options.text("data", data_.data, "DIR",
               "data folder of an `up` on this machine: gives endpoint, key and spool");
  options.text("endpoint", endpoint_, "URL", "a broker elsewhere: tcp://host:port");
  options.text("keys", keys_, "DIR", "folder with NODE.key and server.pub, for --endpoint");
  options.text("key-name", key_name_, "NAME",
               "which key to use; where none is given, the node's, which is made with --data");
  options.text("spool", spool_, "FILE",
               "what the broker does not have yet, and what was published; where none is given, a file in "
               "spool/ of --data");
  options.size("spool-size", spool_size_, "the spool's bound; samples make way for crashes");
  options.text("work", work_, "DIR",
               "artifacts, logs and pending crashes; where none is given, beside the spool");
  options.duration("interval", services_.interval, "between two resource samples");
  options.duration("heartbeat", services_.heartbeat, "between two heartbeats of the node");
  options.number(
      "replay-share", replay_share_,
      "per cent of one core that replays of crashes may take, averaged over ten minutes; 0: no bound");
  options.size("pending-size", services_.pending_bytes,
               "bound of the crashes that wait for a replay, each target");
  options.duration("drain", drain_, "at the end, how long to wait until the broker has everything");
}

schema::Status NodeLink::fill(const std::string& stem) {
  if (services_.node.empty()) services_.node = host_name();
  if (!schema::valid_name(services_.node)) {
    return schema::invalid("--node: up to 64 letters, digits, '.', '_' and '-', not beginning with '.'");
  }
  if (services_.interval.count() <= 0 || services_.heartbeat.count() <= 0) {
    return schema::invalid("--interval and --heartbeat must be above zero");
  }
  if (auto found = find_broker(); !found) return found;
  const auto name = stem.empty() ? services_.node : fmt::format("{}-{}", services_.node, stem);
  if (spool_.empty()) spool_ = (data_.folder().spool() / (name + ".spool")).string();
  services_.work_dir = work_.empty() ? fs::path(spool_).parent_path() / name : fs::path(work_);
  return {};
}

schema::Status NodeLink::find_broker() {
  if (!endpoint_.empty()) {
    if (keys_.empty()) {
      return schema::invalid("--endpoint wants --keys: the folder with the node's key and server.pub");
    }
    if (key_name_.empty()) key_name_ = services_.node;
    return {};
  }
  const DataFolder folder = data_.folder();
  const auto endpoint = local_endpoint(folder);
  if (!endpoint) {
    return schema::not_found(
        fmt::format("no broker: {}; start `fuzzmill up --data {}`, or name one with --endpoint and --keys",
                    endpoint.error().message, folder.root.string()));
  }
  endpoint_ = *endpoint;
  if (keys_.empty()) keys_ = folder.keys().string();
  if (key_name_.empty()) key_name_ = local_key(keys_);
  return {};
}

// With the data folder of an `up` at hand the node's key can be made: only a node's key may ask for orders
// and share. Where the name is taken by a key of another kind, or the folder is not ours, the operator's has
// to do.
std::string NodeLink::local_key(const fs::path& keys) const {
  const auto& node = services_.node;
  const auto there = broker::read_credential(keys / (node + ".key"));
  if (there) return there->role == broker::Role::kNode ? node : kLocalOperator;
  if (there.error().code != schema::ErrorCode::kNotFound) return kLocalOperator;
  const auto made = broker::write_credential(broker::make_credential(node, broker::Role::kNode), keys);
  if (!made)
    runtime::log_warn("no key for this node: its corpora are not kept", {{"error", made.error().message}});
  return made ? node : kLocalOperator;
}

schema::Status NodeLink::open() {
  std::error_code failed;
  fs::create_directories(fs::path(spool_).parent_path(), failed);
  if (!failed) fs::create_directories(services_.work_dir, failed);
  if (failed) {
    return schema::denied(fmt::format("cannot make the folders of {}: {}", spool_, failed.message()));
  }
  auto lock = runtime::FileLock::take(spool_ + ".lock");
  if (!lock) return std::move(lock).error().in("another `fuzzmill run` or `agent` uses this spool");
  lock_.emplace(std::move(*lock));
  const auto peer = broker::read_peer(keys_, key_name_, endpoint_);
  if (!peer) return peer.error();
  auto spool = broker::open_spool(spool_, spool_size_);
  if (!spool) return spool.error();
  publisher_ = broker::Publisher::start({.peer = *peer}, std::move(*spool));
  outbox_ = std::make_unique<PublisherOutbox>(*publisher_);
  processes_ = std::make_unique<producers::ProcessTable>();
  replayer_ = std::make_unique<producers::QueueReplayer>(services_.work_dir / "replay", 1,
                                                         static_cast<double>(replay_share_) / 100);
  for (const auto& wall : replayer_->missing_walls()) {
    runtime::log_warn("replays of crashes are less walled in here", {{"missing", wall}});
  }
  asker_ = std::make_unique<broker::Asker>(*peer);
  questions_ = std::make_unique<BrokerQuestions>(*asker_);
  producers::CorpusServiceOptions corpora;
  corpora.node = services_.node;
  corpora.unix_ms = runtime::unix_ms;
  corpora.say = services_.say;
  corpora_ = std::make_unique<producers::CorpusService>(corpora, *outbox_, *questions_);
  services_.corpora = corpora_.get();
  services_.outbox = outbox_.get();
  services_.processes = processes_.get();
  services_.replayer = replayer_.get();
  return {};
}

}  // namespace fuzzmill::cli
