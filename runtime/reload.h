// How a process is asked to read its configuration anew: SIGHUP. Each makes the descriptor readable; several
// before a read are one request.
#pragma once

namespace fuzzmill::runtime {

// Call once, at the start of main, before any thread. -1 when no pipe can be had: then SIGHUP is ignored.
int catch_reload_signal();

// Takes the requests out of the descriptor; whether there was one. Does not block.
bool reload_requested();

}  // namespace fuzzmill::runtime
