// Publishes crashes, resource samples and corpora to a fuzzmill broker out of a harness or another fuzzer.
// <fuzzmill/producer_c.h> for C++17 and later, inline: the ABI is C, so that any compiler and any standard
// library will do. Life cycle, threads, signals and fork are told there.
//
//   fuzzmill::ProducerOptions options;  // endpoint, keys, node, target, spool
//   auto producer = fuzzmill::Producer::open(options);
//   if (!producer) return complain(producer.error().text);
//   fuzzmill::Crash crash;
//   crash.input = bytes;
//   auto published = producer->publish(crash);
#pragma once

#include <fuzzmill/producer_c.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

namespace fuzzmill {

enum class FailureCode {
  kInvalid = FUZZMILL_INVALID,
  kNotFound = FUZZMILL_NOT_FOUND,
  kUnavailable = FUZZMILL_UNAVAILABLE,
  kDenied = FUZZMILL_DENIED,
  kTooLarge = FUZZMILL_TOO_LARGE,
  kConflict = FUZZMILL_CONFLICT,
  kInternal = FUZZMILL_INTERNAL,
};

struct Failure {
  FailureCode code = FailureCode::kInternal;
  std::string text;  // for people
};

// A value, or why there is none. value() and error() want that it is so.
template <class T>
class [[nodiscard]] Outcome {
 public:
  Outcome(T value) : state_(std::in_place_index<0>, std::move(value)) {}
  Outcome(Failure failure) : state_(std::in_place_index<1>, std::move(failure)) {}

  explicit operator bool() const { return state_.index() == 0; }
  T& value() { return *std::get_if<0>(&state_); }
  const T& value() const { return *std::get_if<0>(&state_); }
  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }
  const Failure& error() const { return *std::get_if<1>(&state_); }

 private:
  std::variant<T, Failure> state_;
};
using Done = Outcome<std::monostate>;

struct ProducerOptions {
  std::string endpoint;  // tcp://host:port or ipc:///path
  std::string keys;      // folder with KEY_NAME.key and server.pub
  std::string key_name;  // empty: the node's name
  std::string node;
  std::string target;
  std::string engine;             // empty: "custom"
  std::string spool;              // file; on a disk that outlives the process
  std::uint64_t spool_bytes = 0;  // 0: 256 MB
  std::uint32_t spool_slots = 1;  // spool, spool.1, …: the first that no other process has
};

struct Crash {
  std::optional<std::string_view> input;   // without one there must be a report
  std::optional<std::string_view> report;  // of the sanitizer, or the log's end
  std::string kind = "crash";              // crash, leak, timeout, oom, slow-unit
  std::string artifact;                    // a file name for people; empty: KIND-SHA256
  std::int32_t exit_code = 0;              // 0: not known
  std::int32_t signal = 0;                 // 0: none
  std::uint64_t pid = 0;                   // 0: this process
  std::string build_id;
  std::string command;
};

// What is missing of CPU, memory and threads is measured: of this process, since the sample before.
struct Sample {
  std::optional<std::uint64_t> interval_ms;
  std::optional<double> cpu_percent, rss_mb;
  std::optional<std::uint64_t> threads;
  std::optional<double> exec_per_second;
  std::optional<std::uint64_t> executions, coverage, corpus_files, corpus_bytes, crashes, restarts, hangs;
  std::optional<std::uint64_t> last_new_path_ms;  // Unix time
};

class Producer {
 public:
  static Outcome<Producer> open(const ProducerOptions& options) {
    const auto text = [](const std::string& value) { return value.empty() ? nullptr : value.c_str(); };
    fuzzmill_options given;
    fuzzmill_options_init(&given);
    given.endpoint = options.endpoint.c_str();
    given.keys = options.keys.c_str();
    given.key_name = text(options.key_name);
    given.node = options.node.c_str();
    given.target = options.target.c_str();
    given.engine = text(options.engine);
    given.spool = options.spool.c_str();
    given.spool_bytes = options.spool_bytes;
    given.spool_slots = options.spool_slots;
    fuzzmill_producer* handle = nullptr;
    if (const int code = fuzzmill_producer_open(&given, &handle); code != FUZZMILL_OK) return failure(code);
    return Producer(handle);
  }

  Producer(Producer&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Producer& operator=(Producer&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Producer() { fuzzmill_producer_close(handle_); }

  // Once for each target, kind and input, ever; false: it was published before. Durable on return.
  Outcome<bool> publish(const Crash& crash) {
    fuzzmill_crash given;
    fuzzmill_crash_init(&given);
    if (crash.input) given.input = bytes_of(*crash.input), given.input_size = crash.input->size();
    if (crash.report) given.report = bytes_of(*crash.report), given.report_size = crash.report->size();
    given.kind = crash.kind.c_str();
    given.artifact = crash.artifact.empty() ? nullptr : crash.artifact.c_str();
    given.exit_code = crash.exit_code;
    given.signal = crash.signal;
    given.pid = crash.pid;
    given.build_id = crash.build_id.empty() ? nullptr : crash.build_id.c_str();
    given.command = crash.command.empty() ? nullptr : crash.command.c_str();
    int published = 0;
    if (const int code = fuzzmill_producer_crash(handle_, &given, &published); code != FUZZMILL_OK) {
      return failure(code);
    }
    return published != 0;
  }

  Done publish(const Sample& sample) {
    fuzzmill_sample given;
    fuzzmill_sample_init(&given);
    set(given.interval_ms, sample.interval_ms), set(given.cpu_percent, sample.cpu_percent);
    set(given.rss_mb, sample.rss_mb), set(given.threads, sample.threads);
    set(given.exec_per_second, sample.exec_per_second), set(given.executions, sample.executions);
    set(given.coverage, sample.coverage), set(given.corpus_files, sample.corpus_files);
    set(given.corpus_bytes, sample.corpus_bytes), set(given.crashes, sample.crashes);
    set(given.restarts, sample.restarts), set(given.hangs, sample.hangs);
    set(given.last_new_path_ms, sample.last_new_path_ms);
    return done(fuzzmill_producer_sample(handle_, &given));
  }

  // The corpus folder as it is now: its size, and its newest files.
  Done publish_corpus(const std::string& folder, const std::string& build_id = {}) {
    return done(
        fuzzmill_producer_corpus(handle_, folder.c_str(), build_id.empty() ? nullptr : build_id.c_str()));
  }

  // Waits until the broker has everything; kUnavailable when the time passed first.
  Done drain(std::chrono::milliseconds limit) {
    const auto ms = std::clamp<std::chrono::milliseconds::rep>(limit.count(), 0, UINT32_MAX);
    return done(fuzzmill_producer_drain(handle_, static_cast<std::uint32_t>(ms)));
  }

  Outcome<fuzzmill_state> state() {
    fuzzmill_state state;
    fuzzmill_state_init(&state);
    if (const int code = fuzzmill_producer_state(handle_, &state); code != FUZZMILL_OK) return failure(code);
    return state;
  }

 private:
  explicit Producer(fuzzmill_producer* handle) : handle_(handle) {}

  static Failure failure(int code) { return {static_cast<FailureCode>(code), fuzzmill_error_text()}; }
  static Done done(int code) {
    if (code != FUZZMILL_OK) return failure(code);
    return std::monostate{};
  }
  // An empty view may have no address, and no address would mean "not known".
  static const char* bytes_of(std::string_view bytes) { return bytes.data() != nullptr ? bytes.data() : ""; }
  template <class T>
  static void set(T& out, const std::optional<T>& value) {
    if (value) out = *value;
  }

  fuzzmill_producer* handle_;
};

}  // namespace fuzzmill
