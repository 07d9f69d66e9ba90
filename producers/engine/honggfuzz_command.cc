#include "producers/engine/honggfuzz_command.h"

#include <algorithm>
#include <array>

#include "producers/engine/left_scan.h"
#include "producers/engine/option_reader.h"

namespace fuzzmill::producers {
namespace {

constexpr std::string_view kFileMark = "___FILE___";

constexpr std::array<LongOption, 63> kLongs{{
    {"help", false, 'h'},
    {"input", true, 'i'},
    {"output", true, 'o'},
    {"persistent", false, 'P'},
    {"instrument", false, 'z'},
    {"minimize", false, 'M'},
    {"noinst", false, 'x'},
    {"keep_output", false, 'Q'},
    {"timeout", true, 't'},
    {"threads", true, 'n'},
    {"stdin_input", false, 's'},
    {"mutations_per_run", true, 'r'},
    {"logfile", true, 'l'},
    {"verbose", false, 'v'},
    {"verifier", false, 'V'},
    {"debug", false, 'd'},
    {"quiet", false, 'q'},
    {"extension", true, 'e'},
    {"workspace", true, 'W'},
    {"crashdir", true},
    {"covdir_all", true},
    {"covdir_new", true},
    {"dict", true, 'w'},
    {"wordlist", true},
    {"stackhash_bl", true, 'B'},
    {"mutate_cmd", true, 'c'},
    {"pprocess_cmd", true},
    {"ffmutate_cmd", true},
    {"run_time", true},
    {"iterations", true, 'N'},
    {"rlimit_as", true},
    {"rlimit_rss", true},
    {"rlimit_data", true},
    {"rlimit_core", true},
    {"rlimit_stack", true},
    {"report", true, 'R'},
    {"max_file_size", true, 'F'},
    {"clear_env", false},
    {"env", true, 'E'},
    {"save_all", false, 'u'},
    {"save_smaller", false, 'U'},
    {"tmout_sigvtalrm", false, 'T'},
    {"sanitizers", false, 'S'},
    {"sanitizers_del_report", true},
    {"monitor_sigabrt", true},
    {"no_fb_timeout", true},
    {"exit_upon_crash", false},
    {"exit_code_upon_crash", true},
    {"socket_fuzzer", false},
    {"netdriver", false},
    {"only_printable", false},
    {"export_feedback", false},
    {"const_feedback", true},
    {"pin_thread_cpu", true},
    {"dynamic_input", true},
    {"statsfile", true},
    {"linux_symbols_bl", true},
    {"linux_symbols_wl", true},
    {"linux_addr_low_limit", true},
    {"linux_keep_aslr", false},
    {"linux_perf_ignore_above", true},
    {"linux_ns_net", true},
    {"linux_ns_pid", false},
}};

// -f is --input of versions before 2.0.
constexpr OptionGrammar kGrammar{"fgp", kLongs};

template <class T>
struct Field {
  std::string_view name;
  T HonggfuzzCommand::*member;
};
constexpr std::array<Field<std::string>, 9> kTexts{{
    {"input", &HonggfuzzCommand::input},
    {"output", &HonggfuzzCommand::output},
    {"workspace", &HonggfuzzCommand::workspace},
    {"crashdir", &HonggfuzzCommand::crash_folder},
    {"report", &HonggfuzzCommand::report},
    {"statsfile", &HonggfuzzCommand::stats_file},
    {"logfile", &HonggfuzzCommand::log_file},
    {"dynamic_input", &HonggfuzzCommand::dynamic_input},
    {"extension", &HonggfuzzCommand::extension},
}};
constexpr std::array<Field<bool>, 8> kFlags{{
    {"verbose", &HonggfuzzCommand::verbose},
    {"stdin_input", &HonggfuzzCommand::input_on_stdin},
    {"persistent", &HonggfuzzCommand::persistent},
    {"sanitizers", &HonggfuzzCommand::sanitizers},
    {"save_all", &HonggfuzzCommand::save_all},
    {"tmout_sigvtalrm", &HonggfuzzCommand::save_timeouts},
    {"verifier", &HonggfuzzCommand::verifier},
    {"minimize", &HonggfuzzCommand::minimize},
}};
constexpr std::array<Field<std::uint64_t>, 2> kNumbers{{
    {"timeout", &HonggfuzzCommand::timeout_s},
    {"rlimit_rss", &HonggfuzzCommand::rss_limit_mb},
}};

void take_option(const OptionSeen& option, HonggfuzzCommand& command) {
  for (const auto& [name, member] : kTexts) {
    if (name == option.name) command.*member = option.value;
  }
  for (const auto& [name, member] : kFlags) {
    if (name == option.name) command.*member = true;
  }
  const auto number = whole_number(option.value);
  for (const auto& [name, member] : kNumbers) {
    if (name == option.name && number) command.*member = *number;
  }
  if (option.letter == 'f') command.input = option.value;
  if (option.name == "exit_code_upon_crash" && number && *number < 256)
    command.crash_exit_code = static_cast<int>(*number);
  const auto equals = option.value.find('=');
  if (option.name == "env" && equals != std::string::npos && equals > 0)
    command.target_environment.emplace_back(option.value.substr(0, equals), option.value.substr(equals + 1));
}

}  // namespace

std::filesystem::path HonggfuzzCommand::report_path() const {
  return report.empty() ? std::filesystem::path(workspace) / "HONGGFUZZ.REPORT.TXT"
                        : std::filesystem::path(report);
}

schema::Result<HonggfuzzCommand> parse_honggfuzz_command(const std::vector<std::string>& argv) {
  HonggfuzzCommand command;
  const auto rest =
      read_options(argv, kGrammar, [&](const OptionSeen& option) { take_option(option, command); });
  command.target.assign(argv.begin() + static_cast<std::ptrdiff_t>(std::min(rest, argv.size())), argv.end());
  if (command.target.empty())
    return schema::invalid("honggfuzz is given no target: honggfuzz -i IN -- TARGET [___FILE___]");
  if (command.workspace.empty()) command.workspace = ".";
  if (!command.extension.empty() && command.extension[0] == '.') command.extension.erase(0, 1);
  command.file_argument = std::any_of(command.target.begin(), command.target.end(), [](const auto& argument) {
    return argument.find(kFileMark) != std::string::npos;
  });
  return command;
}

std::vector<std::string> with_honggfuzz_output(std::vector<std::string> argv, const HonggfuzzOutput& output) {
  if (argv.empty()) return argv;
  bool workspace = false, stats = false, lines = false, dynamic = false;
  read_options(argv, kGrammar, [&](const OptionSeen& option) {
    workspace = workspace || option.name == "workspace";
    stats = stats || option.name == "statsfile";
    dynamic = dynamic || option.name == "dynamic_input";
    lines = lines || option.name == "verbose" || option.name == "quiet" || option.name == "logfile";
  });
  std::vector<std::string> added;
  if (!workspace && !output.workspace.empty())
    added.insert(added.end(), {"--workspace", output.workspace.string()});
  if (!stats && !output.stats_file.empty())
    added.insert(added.end(), {"--statsfile", output.stats_file.string()});
  if (!dynamic && !output.dynamic_input.empty())
    added.insert(added.end(), {"--dynamic_input", output.dynamic_input.string()});
  if (!lines && output.lines) added.emplace_back("--verbose");
  argv.insert(argv.begin() + 1, added.begin(), added.end());
  return argv;
}

}  // namespace fuzzmill::producers
