// How a process is asked to end: SIGTERM and SIGINT request a std::stop_source, the second one ends the
// process at once. SIGPIPE is ignored: a peer that goes is an error of a write, never our death.
//
// Handlers, not a blocked mask: what we exec starts with the default dispositions, so a child does not
// inherit a SIGTERM it cannot receive. (An ignored SIGPIPE is inherited; child_process sets it back.)
#pragma once

#include <stop_token>

namespace fuzzmill::runtime {

// Call once, at the start of main, before any thread. The source lives as long as the process.
std::stop_source& catch_stop_signals();

}  // namespace fuzzmill::runtime
