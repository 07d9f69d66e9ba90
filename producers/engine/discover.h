// Which fuzzers run on this node. Pure over a list of processes; discover_proc.h reads the list.
//
// A process is judged by the program that it runs, never by words of its command line: neither `grep fuzz_x`
// nor an editor with fuzz_x.cc open is a fuzzer. One campaign is found once: what a fuzzer starts (AFL's fork
// server, libFuzzer's -fork and -jobs children, honggfuzz's targets) belongs to it, and AFL's instances with
// one output folder are one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "producers/engine/engine.h"
#include "producers/engine/program_words.h"
#include "producers/engine/sanitizer_options.h"

namespace fuzzmill::producers {

struct ProcessSeen {
  std::uint64_t pid = 0;
  std::uint64_t parent = 0;
  std::string program;  // path of the file it runs, without " (deleted)"; empty: not to be seen by us
  std::vector<std::string> argv;  // empty: a kernel thread or a zombie
  std::filesystem::path working_dir;
};

struct FuzzerFound {
  Engine engine = Engine::kLibfuzzer;
  std::uint64_t pid = 0;            // AFL with several instances: of the main one, else of the first
  std::vector<std::uint64_t> pids;  // of all its instances, rising
  std::string program;              // path of the fuzzer's file
  std::vector<std::string> argv;
  std::filesystem::path working_dir;
  std::optional<Variables> environment;
  std::vector<std::string> target;  // the target's command; libFuzzer: argv
  std::string suggested_name;       // schema::valid_name(); of two campaigns with one, the later has -2
};

struct Discovery {
  std::vector<FuzzerFound> found;  // by pid
  std::size_t hidden = 0;          // processes of others that we may not look at
};

// What the judgement needs beside the list.
struct DiscoveryLook {
  std::function<ProgramWords(const ProcessSeen&)>
      words;  // of its file; asked for each process: remember answers
  // An operand of a libFuzzer command is a regular file: it replays those instead of fuzzing.
  std::function<bool(const ProcessSeen&, const std::string& operand)> is_file;
  // Of a process that is a fuzzer, when it may be read: those of all others are none of our business.
  std::function<std::optional<Variables>(const ProcessSeen&)> environment;
  std::string watcher;  // our own program: what runs below one of it is watched already; empty: none
};

Discovery discover(const std::vector<ProcessSeen>& processes, const DiscoveryLook& look);

// What `get` of the parsers wants.
GetVariable variables_of(std::optional<Variables> environment);

}  // namespace fuzzmill::producers
