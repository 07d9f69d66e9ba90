// The outside of a sandbox: one run, from the keeper's start to its end, its outputs read and its limits
// kept.
#pragma once

#include <stop_token>

#include "runtime/fd.h"
#include "runtime/sandbox.h"
#include "runtime/sandbox_child.h"
#include "schema/result.h"

namespace fuzzmill::runtime {

// The same file under a number that is out of the way of those used inside; closed: no number is left.
Fd above_inner(Fd fd);

// Runs a plan that is complete but for its outputs. Blocks until all of the sandbox is gone. Errors: those of
// run_sandboxed(). A probe's run tells nothing but that it worked.
schema::Result<SandboxRun> watch_sandbox(SandboxPlan plan, std::stop_token stop);

}  // namespace fuzzmill::runtime
