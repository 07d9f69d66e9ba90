// Options of a command, each declared once: that gives its flag, environment variable, key in the TOML
// file, help text with default, and its row in docs/options.md.
//
//   std::string redis = "unix:/run/fuzzmill/redis.sock";
//   Options options;
//   options.text("redis", redis, "URL", "where Redis is");
//   auto parsed = options.parse(sources);      // now redis holds flag > environment > file > default
//
// The flag is --redis, the variable FUZZMILL_REDIS, the key `redis`: at the top of the file it is meant for
// every command, in a [section] named after a command for that one alone. A secret has no flag: process
// lists and shell histories are read by others.
//
// Life cycle: declare, then parse once; the variables outlive the Options. One thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "schema/result.h"

namespace fuzzmill::runtime {

// What one option or positional is; made by Options, read by the help and the docs.
struct Declaration {
  enum class Place { kOption, kPositional, kRemainder };
  using Setter = std::function<schema::Status(const std::vector<std::string>&)>;

  std::string name;  // "log-level"; of a positional as it is shown: "STAGE"
  Place place = Place::kOption;
  std::string value_name;  // "URL"; empty for a flag
  std::string help;
  std::string default_text;  // shown; empty: none
  std::vector<std::string> choices;
  bool takes_many = false;    // may be repeated; the file has an array
  bool is_secret = false;     // never a flag
  bool is_only_flag = false;  // never from the environment or the file
  bool is_required = false;
  Setter set;

  Declaration& secret() { return is_secret = true, *this; }
  Declaration& only_flag() { return is_only_flag = true, *this; }
  Declaration& required() { return is_required = true, *this; }

  std::string variable() const;  // FUZZMILL_LOG_LEVEL; empty when there is none
};

// Where values come from. A test gives its own; system_sources() those of the process.
struct OptionSources {
  std::vector<std::string> arguments;  // after the command's name
  std::function<std::optional<std::string>(const std::string& variable)> environment;
  std::string default_file;  // read when it exists and no other is named; empty: none
};

// Which keys the file may hold: command → names of its options. Keys of other commands are no mistake.
using KnownOptions = std::map<std::string, std::vector<std::string>, std::less<>>;

struct Parsed {
  bool help = false;  // --help was given: no value was set
  std::string file;   // the configuration file that was read; empty: none
};

class Options {
 public:
  // `command` names the section of the file.
  explicit Options(std::string command = {}) : command_(std::move(command)) {}

  // The current value of the variable is the default.
  Declaration& text(std::string name, std::string& value, std::string value_name, std::string help);
  Declaration& choice(std::string name, std::string& value, std::vector<std::string> choices,
                      std::string help);
  Declaration& list(std::string name, std::vector<std::string>& values, std::string value_name,
                    std::string help);
  Declaration& flag(std::string name, bool& value, std::string help);
  Declaration& number(std::string name, std::uint64_t& value, std::string help);
  Declaration& duration(std::string name, std::chrono::milliseconds& value, std::string help);
  Declaration& size(std::string name, std::uint64_t& bytes, std::string help);

  Declaration& positional(std::string name, std::string& value, std::string help);
  Declaration& positionals(std::string name, std::vector<std::string>& values, std::string help);
  // What follows `--`, untouched.
  Declaration& remainder(std::string name, std::vector<std::string>& values, std::string help);

  // kInvalid names the flag, variable, or file and key that is wrong; kNotFound a named file that is not
  // there; kDenied a file with a secret that others may read. Only values of the winning source are set.
  schema::Result<Parsed> parse(const OptionSources& sources, const KnownOptions& known);

  const std::string& command() const { return command_; }
  const std::vector<Declaration>& declarations() const { return declarations_; }
  std::vector<std::string> names() const;  // of the options that a file may set

 private:
  Declaration& add(Declaration declaration);

  std::string command_;
  std::vector<Declaration> declarations_;
};

OptionSources system_sources(std::vector<std::string> arguments);

}  // namespace fuzzmill::runtime
