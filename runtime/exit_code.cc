#include "runtime/exit_code.h"

#include <array>

namespace fuzzmill::runtime {
namespace {

constexpr std::array kRows = {
    ExitCodeRow{ExitCode::kOk, "ok", "done, and all is well"},
    ExitCodeRow{ExitCode::kFound, "found", "done, and something is to be mended or not all is well"},
    ExitCodeRow{ExitCode::kUsage, "usage", "wrong command, option, configuration or input: nothing was done"},
    ExitCodeRow{ExitCode::kNotFound, "not-found", "what was named does not exist"},
    ExitCodeRow{ExitCode::kUnavailable, "unavailable",
                "Redis, the broker or a file is not there now: try again"},
    ExitCodeRow{ExitCode::kInternal, "internal", "a fault of fuzzmill: report it with the message"},
    ExitCodeRow{ExitCode::kRefused, "refused", "a key, password, role, file mode, lock or limit forbids it"},
};

}  // namespace

std::span<const ExitCodeRow> exit_codes() { return kRows; }

ExitCode exit_code_of(const schema::Error& error) {
  switch (error.code) {
    case schema::ErrorCode::kInvalid:
      return ExitCode::kUsage;
    case schema::ErrorCode::kNotFound:
      return ExitCode::kNotFound;
    case schema::ErrorCode::kUnavailable:
      return ExitCode::kUnavailable;
    case schema::ErrorCode::kDenied:
    case schema::ErrorCode::kTooLarge:
    case schema::ErrorCode::kConflict:
      return ExitCode::kRefused;
    case schema::ErrorCode::kInternal:
      return ExitCode::kInternal;
  }
  return ExitCode::kInternal;
}

}  // namespace fuzzmill::runtime
