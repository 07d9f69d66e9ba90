// Opens a producer before the first input, and publishes the current one when a sanitizer ends the process.
//
//   FUZZMILL_PRODUCER_ENDPOINT  tcp://host:port; without it nothing is published
//   FUZZMILL_PRODUCER_KEYS      folder with the key and server.pub
//   FUZZMILL_PRODUCER_KEY       the key's name; otherwise the node's
//   FUZZMILL_PRODUCER_NODE, FUZZMILL_PRODUCER_TARGET
//   FUZZMILL_PRODUCER_SPOOL     file that keeps what the broker does not have yet
#include "hook.h"

#include <fuzzmill/producer.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <optional>

namespace {

constexpr std::chrono::milliseconds kLastWait{2000};  // for the broker, by a process that dies
constexpr std::uint32_t kProcesses = 64;              // of -jobs or -fork, each with a spool of its own

std::optional<fuzzmill::Producer> producer;
std::optional<std::string_view> input;  // while it runs

// No heap: it is filled while a sanitizer tells what is wrong with the heap.
char report[256 * 1024];
std::size_t report_size = 0;

void (*libfuzzers_callback)() = nullptr;

std::string variable(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

void on_death() {
  if (producer && input) {
    fuzzmill::Crash crash;
    crash.input = input;
    if (report_size > 0) crash.report = std::string_view(report, report_size);
    if (auto published = producer->publish(crash); !published) {
      std::fprintf(stderr, "fuzzmill: not published: %s\n", published.error().text.c_str());
    } else if (auto sent = producer->drain(kLastWait); !sent) {
      std::fprintf(stderr, "fuzzmill: kept for the next process: %s\n", sent.error().text.c_str());
    }
    input.reset();
  }
  if (libfuzzers_callback != nullptr) libfuzzers_callback();
}

}  // namespace

extern "C" {

// There is room for one death callback. libFuzzer sets its own, which writes the artifact, after
// LLVMFuzzerInitialize(): the linker's --wrap brings that call here, and on_death() calls it last.
__attribute__((weak)) void __real___sanitizer_set_death_callback(void (*callback)());
void __wrap___sanitizer_set_death_callback(void (*callback)()) {
  libfuzzers_callback = callback;
  if (__real___sanitizer_set_death_callback != nullptr) __real___sanitizer_set_death_callback(on_death);
}

// Every line that a sanitizer prints.
void __sanitizer_on_print(const char* text) {
  const std::size_t size = std::min(std::strlen(text), sizeof report - report_size);
  std::memcpy(report + report_size, text, size);
  report_size += size;
}

// abort() and traps end in AddressSanitizer's report and death callback, too.
__attribute__((weak)) const char* __asan_default_options() { return "handle_abort=1:handle_sigill=1"; }

int LLVMFuzzerInitialize(int*, char***) {
  fuzzmill::ProducerOptions options;
  options.endpoint = variable("FUZZMILL_PRODUCER_ENDPOINT");
  if (options.endpoint.empty()) return 0;
  options.keys = variable("FUZZMILL_PRODUCER_KEYS");
  options.key_name = variable("FUZZMILL_PRODUCER_KEY");
  options.node = variable("FUZZMILL_PRODUCER_NODE");
  options.target = variable("FUZZMILL_PRODUCER_TARGET");
  options.spool = variable("FUZZMILL_PRODUCER_SPOOL");
  options.spool_slots = kProcesses;
  options.engine = "libfuzzer";
  auto opened = fuzzmill::Producer::open(options);
  if (!opened) {
    std::fprintf(stderr, "fuzzmill: cannot publish: %s\n", opened.error().text.c_str());
    std::exit(1);
  }
  producer.emplace(std::move(*opened));
  if (__real___sanitizer_set_death_callback != nullptr) __real___sanitizer_set_death_callback(on_death);
  return 0;
}
}

CurrentInput::CurrentInput(const std::uint8_t* data, std::size_t size) {
  input = std::string_view(reinterpret_cast<const char*>(data), size);
  report_size = 0;
}
CurrentInput::~CurrentInput() { input.reset(); }
