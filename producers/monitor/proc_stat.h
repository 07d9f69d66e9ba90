// What /proc says of one process. Pure parsing of the texts; proc_reader.h fetches them.
// A process chooses its own name, which stands in the middle of the line: names with blanks, parentheses and
// newlines are told apart from the fields by the *last* closing parenthesis.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace fuzzmill::producers {

struct ProcStat {
  pid_t pid = 0;
  std::string name;
  char state = '?';  // R S D Z T t X I; the letter alone, whatever flags ps adds to it
  pid_t parent = 0;
  pid_t group = 0;
  std::uint64_t own_ticks = 0;       // user and system time, in clock ticks
  std::uint64_t children_ticks = 0;  // of the children it has waited for, theirs included
  std::uint64_t threads = 0;
  std::uint64_t start_ticks = 0;  // since boot; with the pid it names a process for ever
  std::uint64_t resident_pages = 0;
};

// The text of /proc/PID/stat; nothing when it is cut or is no such text.
std::optional<ProcStat> parse_stat(std::string_view text);

// The resident pages of /proc/PID/statm, which is exact where the same field of stat is an estimate.
std::optional<std::uint64_t> parse_statm_resident(std::string_view text);

}  // namespace fuzzmill::producers
