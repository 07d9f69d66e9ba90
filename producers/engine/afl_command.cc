#include "producers/engine/afl_command.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "producers/engine/left_scan.h"
#include "producers/engine/option_reader.h"

namespace fuzzmill::producers {
namespace {

// The letters of 2.5 to 4.22 that take a value; none of them is a flag in another version.
constexpr OptionGrammar kGrammar{"abBceEfFgGiIlLmMopPsStTVwx", {}};

constexpr std::string_view kModes = "QUOWXYA";

bool is_set(const GetVariable& get, const char* name) {
  const auto value = get(name);
  return value && !value->empty() && *value != "0";
}

std::optional<std::uint64_t> leading(std::string_view text) { return LeftScan(text).number(); }

// -M main:1/4 names the instance "main".
std::string instance_name(const std::string& value) { return value.substr(0, value.find(':')); }

void take_option(const OptionSeen& option, AflCommand& command) {
  switch (option.letter) {
    case 'i':
      command.input = option.value;
      command.in_place_resume = option.value == "-";
      break;
    case 'o':
      command.output = option.value;
      break;
    case 'M':
      command.instance = instance_name(option.value), command.main = true;
      break;
    case 'S':
      command.instance = instance_name(option.value), command.secondary = true;
      break;
    case 'F':
      command.foreign_folders.push_back(option.value);
      break;
    case 'e':
      command.extension = option.value;
      if (!command.extension.empty() && command.extension[0] == '.') command.extension.erase(0, 1);
      break;
    case 'f':
      command.input_file = option.value;
      break;
    case 't':
      command.timeout_ms = leading(option.value);
      break;
    case 'm':
      command.memory_limit = option.value;
      break;
    case 'V':
      command.seconds = leading(option.value);
      break;
    case 'E':
      command.executions = leading(option.value);
      break;
    default:
      if (kModes.find(option.letter) != std::string_view::npos) command.mode = option.letter;
  }
}

// "A=B C=D"
Variables variables_in(std::string_view text) {
  Variables found;
  LeftScan scan(text);
  while (found.size() < 256) {
    scan.skip_blanks();
    if (scan.done()) break;
    const auto word = scan.until(" \t");
    const auto equals = word.find('=');
    if (equals != std::string_view::npos && equals > 0)
      found.emplace_back(word.substr(0, equals), word.substr(equals + 1));
  }
  return found;
}

void take_environment(const GetVariable& get, AflCommand& command) {
  command.sha1_names = is_set(get, "AFL_SHA1_FILENAMES");
  if (is_set(get, "AFL_AUTORESUME")) command.in_place_resume = true;
  if (const auto code = whole_number(get("AFL_CRASH_EXITCODE").value_or("")); code && *code < 256)
    command.crash_exit_code = static_cast<int>(*code);
  command.preload = get("AFL_PRELOAD").value_or("");
  command.target_environment = variables_in(get("AFL_TARGET_ENV").value_or(""));
  if (const auto seconds = whole_number(get("AFL_FUZZER_STATS_UPDATE_INTERVAL").value_or(""));
      seconds && *seconds > 0)
    command.stats_interval_s = *seconds;
}

}  // namespace

schema::Result<AflCommand> parse_afl_command(const std::vector<std::string>& argv, const GetVariable& get) {
  AflCommand command;
  const auto rest =
      read_options(argv, kGrammar, [&](const OptionSeen& option) { take_option(option, command); });
  command.target.assign(argv.begin() + static_cast<std::ptrdiff_t>(std::min(rest, argv.size())), argv.end());
  if (command.target.empty())
    return schema::invalid("afl-fuzz is given no target: afl-fuzz -i IN -o OUT -- TARGET [@@]");
  const bool plain = !command.instance.empty() && command.instance[0] != '.' &&
                     command.instance.find('/') == std::string::npos;
  if (!plain)
    return schema::invalid(
        fmt::format("afl-fuzz -M/-S \"{}\": not a name for an instance", command.instance));
  const bool marked = std::any_of(command.target.begin(), command.target.end(), [](const auto& argument) {
    return argument.find("@@") != std::string::npos;
  });
  command.input_on_stdin = !marked && command.input_file.empty();
  take_environment(get, command);
  return command;
}

std::vector<std::string> with_afl_output(std::vector<std::string> argv, const std::filesystem::path& folder) {
  bool given = false;
  read_options(argv, kGrammar, [&](const OptionSeen& option) { given = given || option.letter == 'o'; });
  if (!given && !argv.empty()) argv.insert(argv.begin() + 1, {"-o", folder.string()});
  return argv;
}

std::vector<std::string> with_afl_instance(std::vector<std::string> argv, const std::string& instance) {
  bool given = false;
  read_options(argv, kGrammar, [&](const OptionSeen& option) {
    given = given || option.letter == 'M' || option.letter == 'S';
  });
  if (!given && !argv.empty()) argv.insert(argv.begin() + 1, {"-S", instance});
  return argv;
}

Variables afl_variables(const GetVariable& get) {
  constexpr std::array<const char*, 2> kQuiet{"AFL_NO_UI", "AFL_NO_COLOR"};
  Variables added;
  for (const char* name : kQuiet) {
    if (!get(name)) added.emplace_back(name, "1");
  }
  return added;
}

}  // namespace fuzzmill::producers
