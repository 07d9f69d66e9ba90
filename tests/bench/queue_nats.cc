#include <chrono>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>

#include "tests/bench/child.h"
#include "tests/bench/nats_client.h"
#include "tests/bench/queue.h"
#include "tests/redis_server.h"

namespace fuzzmill::bench {
namespace {

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// The server writes its addresses into a file when it listens: {"nats": ["nats://127.0.0.1:PORT"]}.
std::uint16_t port_in(const fs::path& file) {
  std::ifstream in(file);
  const auto ports =
      nlohmann::json::parse(std::string{std::istreambuf_iterator<char>(in), {}}, nullptr, false);
  if (!ports.is_object() || !ports.contains("nats") || ports["nats"].empty())
    return 0;  // not written to its end
  const auto url = ports["nats"][0].get<std::string>();
  return static_cast<std::uint16_t>(std::stoi(url.substr(url.rfind(':') + 1)));
}

std::uint16_t wait_for_port(const Child& server, const fs::path& folder) {
  const fs::path file = folder / ("nats-server_" + std::to_string(server.pid()) + ".ports");
  for (const auto deadline = Clock::now() + std::chrono::seconds(10); Clock::now() < deadline;) {
    if (fs::exists(file)) {
      if (const std::uint16_t port = port_in(file); port != 0) return port;
    }
    if (server.ended_within(std::chrono::milliseconds(10)))
      throw std::runtime_error("nats-server ended at once");
  }
  throw std::runtime_error("nats-server is not ready after 10 s");
}

double measure(const std::string& program, std::size_t size, std::size_t events) {
  constexpr std::size_t kWindow = 256, kWarm = 2000;
  const tests::TemporaryFolder folder;
  const Child server({program, "-a", "127.0.0.1", "-p", "-1", "--ports_file_dir", folder.path().string(),
                      "-js", "-sd", (folder.path() / "store").string()});
  NatsClient client(wait_for_port(server, folder.path()));
  client.create_stream("BENCH", "bench");
  const std::string payload(size, 'x');
  client.publish("bench", payload, kWarm, kWindow);
  const auto start = Clock::now();
  client.publish("bench", payload, events, kWindow);
  const std::chrono::duration<double> took = Clock::now() - start;
  return static_cast<double>(events) / took.count();
}

}  // namespace

double nats_rate(std::size_t size, std::size_t events) {
  const std::string program = program_path("nats-server");
  if (program.empty()) {
    std::fputs("bench: no nats-server here, so no rival (apt install nats-server)\n", stderr);
    return 0;
  }
  try {
    return measure(program, size, events);
  } catch (const std::exception& e) {
    std::fprintf(stderr, "bench: no rival: %s\n", e.what());
    return 0;
  }
}

}  // namespace fuzzmill::bench
