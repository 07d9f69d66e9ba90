// The C functions: what comes in becomes values of ours, what goes wrong becomes a code and a text.
#include "producers/library/fuzzmill/producer_c.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <exception>
#include <utility>

#include "producers/library/producer.h"
#include "runtime/version.h"

struct fuzzmill_producer {
  std::unique_ptr<fuzzmill::producers::Producer> impl;
};

namespace {

using namespace fuzzmill;
using producers::Producer;
using schema::ErrorCode;

thread_local std::string error_text;

int code_of(ErrorCode code) {
  switch (code) {
    case ErrorCode::kInvalid:
      return FUZZMILL_INVALID;
    case ErrorCode::kNotFound:
      return FUZZMILL_NOT_FOUND;
    case ErrorCode::kUnavailable:
      return FUZZMILL_UNAVAILABLE;
    case ErrorCode::kDenied:
      return FUZZMILL_DENIED;
    case ErrorCode::kTooLarge:
      return FUZZMILL_TOO_LARGE;
    case ErrorCode::kConflict:
      return FUZZMILL_CONFLICT;
    case ErrorCode::kInternal:
      break;
  }
  return FUZZMILL_INTERNAL;
}

int fail(schema::Error error) {
  error_text = std::move(error.message);
  return code_of(error.code);
}

// No exception crosses into C. `work` returns a Status.
template <class F>
int guarded(F&& work) noexcept {
  try {
    schema::Status status = work();
    return status ? FUZZMILL_OK : fail(std::move(status).error());
  } catch (const std::exception& e) {
    try {
      error_text = e.what();
    } catch (const std::exception&) {
      error_text.clear();
    }
  }
  return FUZZMILL_INTERNAL;
}

// As guarded(), for a producer that is there and of this process.
template <class F>
int with(fuzzmill_producer* producer, F&& work) noexcept {
  return guarded([&]() -> schema::Status {
    if (producer == nullptr) return schema::invalid("no producer");
    if (!producer->impl->of_this_process()) {
      return schema::conflict(fmt::format("this producer was opened by process {}, and a fork opens its own",
                                          producer->impl->owner()));
    }
    return work(*producer->impl);
  });
}

// Copies as much as the caller's struct has; the rest stays as `known` has it.
template <class T>
schema::Status take(const T* given, T& known) {
  if (given == nullptr || given->size < sizeof given->size) {
    return schema::invalid("a struct is missing, or was not filled by its _init function");
  }
  std::memcpy(&known, given, std::min(given->size, sizeof known));
  return {};
}

std::string text(const char* value) { return value == nullptr ? std::string() : std::string(value); }
std::optional<std::string> maybe(const char* value) {
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}
std::optional<std::string> bytes(const void* data, std::size_t size) {
  if (data == nullptr) return std::nullopt;
  return std::string(static_cast<const char*>(data), size);
}
std::optional<std::uint64_t> maybe(std::uint64_t counter) {
  return counter == FUZZMILL_UNKNOWN ? std::nullopt : std::optional(counter);
}
bool known(double rate) { return std::isfinite(rate) && rate >= 0; }

schema::ResourceSample body_of(const fuzzmill_sample& sample) {
  schema::ResourceSample body;
  body.interval_ms = maybe(sample.interval_ms).value_or(0);
  body.cpu_percent = known(sample.cpu_percent) ? sample.cpu_percent : 0;
  body.rss_mb = known(sample.rss_mb) ? sample.rss_mb : 0;
  body.threads = maybe(sample.threads).value_or(0);
  if (known(sample.exec_per_second)) body.exec_per_second = sample.exec_per_second;
  body.executions = maybe(sample.executions);
  body.coverage = maybe(sample.coverage);
  body.corpus_files = maybe(sample.corpus_files);
  body.corpus_bytes = maybe(sample.corpus_bytes);
  body.crashes = maybe(sample.crashes);
  body.restarts = maybe(sample.restarts);
  body.hangs = maybe(sample.hangs);
  body.last_new_path_ms = maybe(sample.last_new_path_ms);
  return body;
}

}  // namespace

extern "C" {

int fuzzmill_producer_open(const fuzzmill_options* options, fuzzmill_producer** producer) {
  return guarded([&]() -> schema::Status {
    if (producer == nullptr) return schema::invalid("nowhere to put the producer");
    *producer = nullptr;
    fuzzmill_options given;
    fuzzmill_options_init(&given);
    if (auto taken = take(options, given); !taken) return taken;
    auto opened = Producer::open({text(given.endpoint), text(given.keys), text(given.key_name),
                                  text(given.node), text(given.target), text(given.engine), text(given.spool),
                                  given.spool_bytes, given.spool_slots});
    if (!opened) return std::move(opened).error();
    *producer = new fuzzmill_producer{std::move(*opened)};
    return {};
  });
}

int fuzzmill_producer_crash(fuzzmill_producer* producer, const fuzzmill_crash* crash, int* published) {
  return with(producer, [&](Producer& impl) -> schema::Status {
    fuzzmill_crash given;
    fuzzmill_crash_init(&given);
    if (auto taken = take(crash, given); !taken) return taken;
    schema::CrashFound body;
    body.artifact = text(given.artifact);
    body.artifact_kind = given.kind == nullptr ? "crash" : given.kind;
    if (given.exit_code != 0) body.exit_code = given.exit_code;
    if (given.signal != 0) body.signal = given.signal;
    body.pid = given.pid != 0 ? given.pid : static_cast<std::uint64_t>(impl.owner());
    body.build_id = maybe(given.build_id);
    body.command = maybe(given.command);
    auto kept = impl.crash(std::move(body), bytes(given.input, given.input_size),
                           bytes(given.report, given.report_size));
    if (!kept) return std::move(kept).error();
    if (published != nullptr) *published = *kept ? 1 : 0;
    return {};
  });
}

int fuzzmill_producer_sample(fuzzmill_producer* producer, const fuzzmill_sample* sample) {
  return with(producer, [&](Producer& impl) -> schema::Status {
    fuzzmill_sample given;
    fuzzmill_sample_init(&given);
    if (auto taken = take(sample, given); !taken) return taken;
    return impl.sample(body_of(given), {.interval = given.interval_ms == FUZZMILL_UNKNOWN,
                                        .cpu = !known(given.cpu_percent),
                                        .rss = !known(given.rss_mb),
                                        .threads = given.threads == FUZZMILL_UNKNOWN});
  });
}

int fuzzmill_producer_corpus(fuzzmill_producer* producer, const char* folder, const char* build_id) {
  return with(producer, [&](Producer& impl) { return impl.corpus(text(folder), maybe(build_id)); });
}

int fuzzmill_producer_drain(fuzzmill_producer* producer, uint32_t limit_ms) {
  return with(producer, [&](Producer& impl) -> schema::Status {
    if (impl.drain(std::chrono::milliseconds(limit_ms))) return {};
    const auto state = impl.state();
    return schema::unavailable(
        fmt::format("{} events still wait for the broker: {}", state.spool.events,
                    state.last_problem.empty() ? "no answer yet" : state.last_problem));
  });
}

int fuzzmill_producer_state(fuzzmill_producer* producer, fuzzmill_state* state) {
  return with(producer, [&](Producer& impl) -> schema::Status {
    fuzzmill_state now;
    fuzzmill_state_init(&now);
    if (state == nullptr || state->size < sizeof state->size) {
      return schema::invalid("the state was not filled by fuzzmill_state_init()");
    }
    const auto known = impl.state();
    now.size = state->size;
    now.connected = known.connected ? 1 : 0;
    now.waiting_events = known.spool.events;
    now.waiting_bytes = known.spool.bytes;
    now.dropped = known.spool.dropped;
    now.refused = known.spool.refused;
    now.acknowledged = known.acknowledged;
    known.last_problem.copy(now.problem, sizeof now.problem - 1);
    std::memcpy(state, &now, std::min(state->size, sizeof now));
    return {};
  });
}

void fuzzmill_producer_close(fuzzmill_producer* producer) {
  if (producer == nullptr) return;
  // A fork has the locks of threads that it does not have, and a database that is not its own: it leaks both.
  if (!producer->impl->of_this_process()) return;
  delete producer;
}

const char* fuzzmill_error_text(void) { return error_text.c_str(); }

const char* fuzzmill_producer_version(void) { return runtime::kVersion; }
}
