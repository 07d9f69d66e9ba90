// `fuzzmill run`: one fuzzer under watch, with no file at all. Starts it, reads what it says, collects its
// crashes, publishes, and starts it again when it ends.
//
// Life cycle: run_target() returns when the stop token is triggered, when the fuzzer reached its own limit
// (exit code 0), or when it is given up. Before it returns, the fuzzer's whole group has ended.
// Threads: the caller's, which must live as long as the call: the fuzzer dies with the thread that started
// it, so that kill -9 of us leaves no fuzzer behind.
#pragma once

#include <stop_token>
#include <string>
#include <vector>

#include "producers/agent/node_services.h"
#include "producers/agent/target_config.h"
#include "schema/result.h"

namespace fuzzmill::producers {

// The file name of the program behind wrappers and fuzzers, with what a name may not hold replaced by '-'.
std::string default_target_name(const std::vector<std::string>& command);

// Errors: kInvalid (options, or the command is no fuzzer that we know), kNotFound and kDenied (the program or
// a folder), kUnavailable (crash loop without an artifact: given up; or crashes that could not be published,
// which stay on disk and are published by the next run).
schema::Status run_target(TargetConfig config, const NodeServices& node, std::stop_token stop);

}  // namespace fuzzmill::producers
