#include "producers/agent/run.h"

#include <fmt/format.h>
#include <unistd.h>

#include <chrono>

#include "broker/publisher.h"
#include "cli/commands.h"
#include "cli/data_folder.h"
#include "cli/key_folder.h"
#include "runtime/file_lock.h"
#include "runtime/log.h"
#include "runtime/service.h"
#include "runtime/version.h"
#include "schema/event.h"

namespace fuzzmill::cli {
namespace {

namespace fs = std::filesystem;

// What a name may not hold becomes '-': a host called "build box" is the node "build-box".
std::string as_name(std::string_view text) {
  std::string name(text.substr(0, 64));
  for (char& c : name) {
    if (!schema::valid_name(std::string(1, c)) && c != '.') c = '-';
  }
  if (!name.empty() && name[0] == '.') name[0] = '-';
  return name.empty() ? "node" : name;
}

std::string host_name() {
  char host[256] = {};
  gethostname(host, sizeof host - 1);
  return as_name(host);
}

class Run final : public Command {
 public:
  void declare(runtime::Options& options) override {
    options.remainder("TARGET ARGS...", run_.command, "the libFuzzer target and its arguments");
    options.text("node", run_.node, "NAME", "who fuzzes; where none is given, the host's name");
    options.text("target", run_.target, "NAME",
                 "what is fuzzed; where none is given, the target's file name");
    options.text("data", data_.data, "DIR",
                 "data folder of an `up` on this machine: gives endpoint, key and spool");
    options.text("endpoint", endpoint_, "URL", "a broker elsewhere: tcp://host:port");
    options.text("keys", keys_, "DIR", "folder with NODE.key and server.pub, for --endpoint");
    options.text("key-name", key_name_, "NAME",
                 "which key to use; where none is given, the node's, or `local` with --data");
    options.text("spool", spool_, "FILE",
                 "what the broker does not have yet; where none is given, spool/NODE-TARGET.spool of --data");
    options.size("spool-size", spool_size_, "the spool's bound; samples make way for crashes");
    options.text("work", work_, "DIR",
                 "artifacts and what was published of them; where none is given, beside the spool");
    options.duration("interval", run_.interval, "between two resource samples");
    options.duration("snapshot-interval", run_.snapshot_interval,
                     "between two snapshots of the corpus; 0 for none");
    options.duration("stop-grace", run_.limits.stop_grace, "how long the target may take to end");
    options.duration("drain", drain_, "at the end, how long to wait until the broker has everything");
    options.flag("quiet", run_.quiet, "do not pass the target's output on");
    options.flag("assume-libfuzzer", run_.assume_libfuzzer,
                 "the target is a wrapper of one: do not look inside");
    service_.declare(options);
  }

  schema::Result<ExitCode> run() override {
    if (auto filled = fill(); !filled) return filled.error();
    auto lock = runtime::FileLock::take(spool_ + ".lock");
    if (!lock) return std::move(lock).error().in("another `fuzzmill run` fuzzes this target as this node");
    const auto peer = broker::read_peer(keys_, key_name_, endpoint_);
    if (!peer) return peer.error();
    runtime::Service service("run", service_);
    auto spool = broker::open_spool(spool_, spool_size_);
    if (!spool) return spool.error();
    auto publisher = broker::Publisher::start({.peer = *peer}, std::move(*spool));
    run_.publish = [&publisher](schema::Event event, std::vector<broker::Attachment> attachments) {
      return publisher->publish(std::move(event), std::move(attachments));
    };
    run_.version = runtime::kVersion;
    service.ready(endpoint_);
    const auto done = producers::run_target(run_, service.stop_token());
    finish(*publisher);
    if (!done) return done.error();
    return ExitCode::kOk;
  }

 private:
  schema::Status fill() {
    if (run_.command.empty()) return schema::invalid("no target: fuzzmill run -- ./fuzz_target corpus/");
    if (run_.node.empty()) run_.node = host_name();
    if (run_.target.empty()) run_.target = producers::default_target_name(run_.command);
    for (const auto& [what, name] : {std::pair{"--node", run_.node}, {"--target", run_.target}}) {
      if (!schema::valid_name(name)) {
        return schema::invalid(
            fmt::format("{}: up to 64 letters, digits, '.', '_' and '-', not beginning with '.'", what));
      }
    }
    if (auto found = find_broker(); !found) return found;
    const std::string stem = fmt::format("{}-{}", run_.node, run_.target);
    if (spool_.empty()) spool_ = (data_.folder().spool() / (stem + ".spool")).string();
    run_.work_dir = work_.empty() ? fs::path(spool_).parent_path() / stem : fs::path(work_);
    std::error_code error;
    fs::create_directories(fs::path(spool_).parent_path(), error);
    if (error)
      return schema::denied(fmt::format("cannot make the folder of {}: {}", spool_, error.message()));
    return {};
  }

  schema::Status find_broker() {
    if (!endpoint_.empty()) {
      if (keys_.empty())
        return schema::invalid("--endpoint wants --keys: the folder with the node's key and server.pub");
      if (key_name_.empty()) key_name_ = run_.node;
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
    if (key_name_.empty()) key_name_ = kLocalOperator;
    return {};
  }

  // What is not acknowledged stays in the spool and is sent by the next run: no error, but worth a line.
  void finish(broker::Publisher& publisher) {
    if (!publisher.drain(drain_)) {
      const auto state = publisher.state();
      runtime::log_warn("events stay in the spool for the next run",
                        {{"events", state.spool.events}, {"spool", spool_}, {"problem", state.last_problem}});
    }
    publisher.stop();
  }

  producers::RunOptions run_;
  RedisOptions data_;
  runtime::ServiceOptions service_;
  std::string endpoint_, keys_, key_name_, spool_, work_;
  std::uint64_t spool_size_ = 256u << 20;
  std::chrono::milliseconds drain_{10'000};
};

}  // namespace

CommandRow run_command() {
  return {{"run", "Runs a libFuzzer target under watch and publishes its crashes, samples and corpus",
           "Ends when the target reaches a limit of its own (-runs, -max_total_time), at SIGTERM or ^C.",
           "fuzzmill run --node singapore -- ./fuzz_target -rss_limit_mb=2048 corpus/"},
          make_command<Run>};
}

}  // namespace fuzzmill::cli
