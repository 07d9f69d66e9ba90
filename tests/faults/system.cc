#include "tests/faults/system.h"

#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <fstream>
#include <stdexcept>

#include "runtime/health.h"
#include "store/event_log.h"
#include "workers/fingerprint/fingerprint.h"

namespace fuzzmill::tests {
namespace {

template <class T>
T must(schema::Result<T> result) {
  if (!result) throw std::runtime_error(result.error().message);
  return std::move(result).value();
}

void make_key(const std::filesystem::path& keys, const std::string& name, broker::Role role) {
  const auto written = broker::write_credential(broker::make_credential(name, role), keys);
  if (!written) throw std::runtime_error(written.error().message);
}

}  // namespace

std::string report_of(std::size_t bug) {
  return fmt::format(
      "==7==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000011 at pc 0x4f2b31 bp 0x7ffd "
      "sp 0x7ffc\n"
      "READ of size 4 at 0x602000000011 thread T0\n"
      "    #0 0x4f2b30 in parse_field_{0} /src/parser.cc:{0}:7\n"
      "    #1 0x4f2c10 in parse_record /src/parser.cc:20:3\n"
      "    #2 0x4f2d00 in LLVMFuzzerTestOneInput /src/fuzz.cc:9:3\n"
      "SUMMARY: AddressSanitizer: heap-buffer-overflow /src/parser.cc:{0}:7 in parse_field_{0}\n",
      bug);
}

std::string group_of(const std::string& report) { return workers::fingerprint({report, {}, {}}).group; }

schema::Event crash_of(const std::string& node) {
  schema::Event event;
  event.node = node;
  event.target = "fuzz_parser";
  event.time_ms = runtime::unix_ms();
  event.body = schema::CrashFound{"libfuzzer", "crash-1", "crash", "log", {}, {}, {}, {}, {}, {}, {}};
  return event;
}

System::System(const std::vector<std::string>& nodes, std::vector<std::string> broker_options) {
  make_key(keys(), "server", broker::Role::kServer);
  for (const schema::Stage stage : schema::all_stages()) {
    make_key(keys(), std::string(schema::name(stage)), broker::Role::kStage);
  }
  for (const std::string& node : nodes) make_key(keys(), node, broker::Role::kNode);

  std::vector<std::string> argv = {FUZZMILL_PROGRAM,
                                   "broker",
                                   "--redis",
                                   redis_url(),
                                   "--keys",
                                   keys().string(),
                                   "--hold",
                                   (folder.path() / "hold").string(),
                                   "--run",
                                   folder.path().string(),
                                   "--ready-fd",
                                   "1",
                                   "--worker-timeout",
                                   "1s",
                                   "--retry-first",
                                   "50ms"};
  argv.insert(argv.end(), broker_options.begin(), broker_options.end());
  argv.insert(argv.end(), {"--endpoint", "tcp://127.0.0.1:0"});
  broker.emplace(std::move(argv));
  std::ifstream(folder.path() / "broker.endpoint") >> endpoint;
  broker->set_last(endpoint);  // from now on this very port
}

Program System::worker(const std::vector<std::string>& words, Program::Environment environment) const {
  std::vector<std::string> argv = {FUZZMILL_PROGRAM, "worker",     "--redis", redis_url(),  "--keys",
                                   keys().string(),  "--endpoint", endpoint,  "--ready-fd", "1"};
  argv.insert(argv.end(), words.begin(), words.end());
  return Program(std::move(argv), std::move(environment));
}

std::unique_ptr<broker::Publisher> System::publisher(const std::string& node) const {
  broker::PublisherOptions options;
  options.peer = must(broker::read_peer(keys(), node, endpoint));
  options.resend = std::chrono::milliseconds(1000);
  return broker::Publisher::start(options,
                                  must(broker::open_spool(folder.path() / (node + ".spool"), 1u << 30)));
}

std::map<std::string, store::GroupRow> System::groups() {
  std::map<std::string, store::GroupRow> rows;
  try {
    auto connection = redis.connect();
    const auto page = store::CrashIndex(connection).list({}, 1000);
    if (page) {
      for (const auto& row : page->rows) rows[row.group] = row;
    }
  } catch (const std::exception&) {  // it is starting
  }
  return rows;
}

std::string System::unfinished(const std::vector<schema::Stage>& stages) {
  auto connection = redis.connect();
  const auto states = store::stage_states(connection);
  if (!states) return states.error().message;
  std::string text;
  for (const auto& state : *states) {
    const bool asked = std::find(stages.begin(), stages.end(), state.stage) != stages.end();
    if (!asked || state.waiting + state.in_flight == 0) continue;
    text += fmt::format("{} of {}: {} wait, {} in flight, oldest {}; ", schema::name(state.topic),
                        schema::name(state.stage), state.waiting, state.in_flight, state.oldest);
  }
  return text;
}

}  // namespace fuzzmill::tests
