#include "producers/engine/wrapper.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

#include "producers/engine/left_scan.h"

namespace fuzzmill::producers {
namespace {

constexpr std::size_t kMaxWrappers = 8;

// What stands between a wrapper's options and the command.
enum class Operands {
  kNone,
  kOne,          // timeout DURATION, taskset MASK
  kNumber,       // chrt: a priority, which newer ones may leave out
  kArch,         // setarch: an architecture, which may be left out, then options again
  kAssignments,  // env, sudo: A=B …
};

struct Wrapper {
  std::string_view name;
  std::string_view valued;       // short options that take a value
  std::string_view long_valued;  // long options whose value may be the next argument, between blanks
  Operands operands = Operands::kNone;
};

constexpr std::array<Wrapper, 20> kWrappers{{
    {"env", "uCS", " --unset --chdir --split-string ", Operands::kAssignments},
    {"nice", "n", " --adjustment ", Operands::kNone},
    {"ionice", "cnpPu", " --class --classdata --pid ", Operands::kNone},
    {"timeout", "sk", " --signal --kill-after ", Operands::kOne},
    {"taskset", "", "", Operands::kOne},
    {"setarch", "", "", Operands::kArch},
    {"linux32", "", "", Operands::kNone},
    {"linux64", "", "", Operands::kNone},
    {"x86_64", "", "", Operands::kNone},
    {"i386", "", "", Operands::kNone},
    {"stdbuf", "ioe", " --input --output --error ", Operands::kNone},
    {"chrt", "TPD", " --sched-runtime --sched-period --sched-deadline ", Operands::kNumber},
    {"nohup", "", "", Operands::kNone},
    {"setsid", "", "", Operands::kNone},
    {"time", "fo", " --format --output ", Operands::kNone},
    {"numactl", "CNmipP", " --physcpubind --cpunodebind --membind --interleave --preferred ",
     Operands::kNone},
    {"systemd-run", "puMHE",
     " --property --unit --slice --setenv --uid --gid --description --machine --host --nice "
     "--working-directory --service-type ",
     Operands::kNone},
    {"sudo", "ughpCDRTr", " --user --group --host --prompt --chdir --role ", Operands::kAssignments},
    {"prlimit", "", "", Operands::kNone},
    {"cgexec", "g", "", Operands::kNone},
}};

constexpr std::array<std::string_view, 12> kArchitectures{"x86_64", "i386",    "i486",    "i586",
                                                          "i686",   "uname26", "linux32", "linux64",
                                                          "arm64",  "aarch64", "ppc64le", "s390x"};
constexpr std::array<std::string_view, 6> kShells{"sh", "bash", "dash", "zsh", "ksh", "busybox"};

template <std::size_t n>
bool among(const std::array<std::string_view, n>& names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// A=B, with A a name.
bool is_assignment(const std::string& text) {
  const auto equals = text.find('=');
  if (equals == std::string::npos || equals == 0) return false;
  return std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(equals),
                     [](char c) { return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_'; });
}

class Reader {
 public:
  explicit Reader(const std::vector<std::string>& argv) : argv_(argv) {}

  Unwrapped read() {
    while (at_ < argv_.size() && seen_.wrappers.size() < kMaxWrappers) {
      const std::string name = program_name(argv_[at_]);
      const auto* wrapper = std::find_if(kWrappers.begin(), kWrappers.end(),
                                         [&](const Wrapper& known) { return known.name == name; });
      if (wrapper == kWrappers.end()) break;
      seen_.wrappers.push_back(name);
      ++at_;
      skip(*wrapper);
      if (seen_.dead_end) break;
    }
    seen_.program = at_;
    if (seen_.dead_end) return seen_;
    if (at_ >= argv_.size()) {
      seen_.dead_end =
          argv_.empty() ? "the command is empty" : seen_.wrappers.back() + " is given no command";
    } else if (among(kShells, program_name(argv_[at_]))) {
      seen_.dead_end = program_name(argv_[at_]) + " is a shell: what it starts is not looked into";
    }
    return seen_;
  }

 private:
  void skip(const Wrapper& wrapper) {
    skip_options(wrapper);
    switch (wrapper.operands) {
      case Operands::kNone:
        break;
      case Operands::kOne:
        ++at_;
        break;
      case Operands::kNumber:
        if (at_ < argv_.size() && whole_number(argv_[at_])) ++at_;
        break;
      case Operands::kArch:
        if (at_ < argv_.size() && among(kArchitectures, argv_[at_])) ++at_;
        skip_options(wrapper);
        break;
      case Operands::kAssignments:
        for (; at_ < argv_.size() && is_assignment(argv_[at_]); ++at_) {
          const auto equals = argv_[at_].find('=');
          seen_.environment.emplace_back(argv_[at_].substr(0, equals), argv_[at_].substr(equals + 1));
        }
        break;
    }
  }

  void skip_options(const Wrapper& wrapper) {
    for (; at_ < argv_.size() && argv_[at_].size() > 0 && argv_[at_][0] == '-'; ++at_) {
      const std::string& option = argv_[at_];
      if (option == "--") {
        ++at_;
        return;
      }
      if (wrapper.name == "env") note_env(option);
      if (seen_.dead_end) return;
      if (option.size() > 1 && option[1] == '-') {
        const bool valued = wrapper.long_valued.find(" " + option + " ") != std::string_view::npos;
        if (valued) ++at_;  // --user=X has it in itself
        continue;
      }
      // -abX VALUE, -XVALUE
      const auto letter = std::find_if(option.begin() + 1, option.end(), [&](char c) {
        return wrapper.valued.find(c) != std::string_view::npos;
      });
      if (letter != option.end() && letter + 1 == option.end()) ++at_;
    }
  }

  void note_env(const std::string& option) {
    if (option == "-" || option == "-i" || option == "--ignore-environment") seen_.clean_environment = true;
    if (option.substr(0, 2) == "-S" || option.substr(0, 14) == "--split-string")
      seen_.dead_end = "env -S holds the command in one argument";
  }

  const std::vector<std::string>& argv_;
  std::size_t at_ = 0;
  Unwrapped seen_;
};

}  // namespace

std::string program_name(const std::string& path) { return path.substr(path.rfind('/') + 1); }

Unwrapped unwrap(const std::vector<std::string>& argv) { return Reader(argv).read(); }

}  // namespace fuzzmill::producers
