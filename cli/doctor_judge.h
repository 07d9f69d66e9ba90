// What `fuzzmill doctor` thinks of the facts that it gathered. Pure: facts in, findings out.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace fuzzmill::cli {

enum class Grade { kOk, kWarn, kFail };

struct Finding {
  std::string check;  // "redis appendfsync"
  Grade grade = Grade::kOk;
  std::string what;  // what is there
  std::string mend;  // how to mend it; empty when it is fine
};

struct RedisFacts {
  std::string where;
  std::string problem;  // it cannot be reached: why; the rest is empty then
  std::string version;  // "7.0.15"
  std::optional<std::map<std::string, std::string>> settings;  // CONFIG GET; none where it is forbidden
  std::int64_t clock_ahead_ms = 0;                             // Redis's clock minus ours
  bool server_installed = false;                               // redis-server is in PATH, for `up`
};

struct FolderFacts {
  std::string name;  // keys, hold, archive
  std::string path;
  bool exists = false;
  unsigned mode = 0;      // permission bits
  bool writable = false;  // a file was made in it and removed
  std::uint64_t free_bytes = 0;
};

struct KeyFacts {
  std::string path;
  unsigned mode = 0;
};

struct DoctorFacts {
  RedisFacts redis;
  std::vector<FolderFacts> folders;
  std::vector<KeyFacts> secret_keys;
  std::string keys_problem;  // the authorized keys cannot be read: why
  std::size_t authorized = 0;
  std::string symbolizer;  // path; empty: none was found
};

std::vector<Finding> judge(const DoctorFacts& facts);

}  // namespace fuzzmill::cli
