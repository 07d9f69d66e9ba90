// Options::parse(): the one place that includes CLI11. It splits the arguments and reads the TOML; which
// source wins is decided here, so that a message can name the source of a wrong value.
#include <fmt/format.h>
#include <sys/stat.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <fstream>
#include <map>

#include "runtime/options.h"
#include "runtime/printable.h"

namespace fuzzmill::runtime {
namespace {

using schema::Result;
using schema::Status;
using Values = std::map<std::string, std::vector<std::string>, std::less<>>;

constexpr std::size_t kMaxFile = 256 * 1024;

std::vector<std::string> take_remainder(std::vector<std::string>& arguments) {
  const auto dashes = std::find(arguments.begin(), arguments.end(), "--");
  if (dashes == arguments.end()) return {};
  std::vector<std::string> rest(dashes + 1, arguments.end());
  arguments.erase(dashes, arguments.end());
  return rest;
}

void declare(CLI::App& app, const Declaration& declaration, std::vector<std::string>& values, bool& flag) {
  if (declaration.value_name.empty()) {
    app.add_flag("--" + declaration.name, flag);
  } else {
    // Exactly one value a time: what follows it is a positional, not a second value.
    app.add_option("--" + declaration.name, values)->expected(1)->allow_extra_args(false)->take_all();
  }
}

// Gives each positional its word, in order, and one that takes many the rest.
Status give_words(const std::vector<Declaration>& declarations, const std::vector<std::string>& words,
                  Values& values) {
  auto word = words.begin();
  for (const Declaration& declaration : declarations) {
    if (declaration.place != Declaration::Place::kPositional || word == words.end()) continue;
    const auto end = declaration.takes_many ? words.end() : word + 1;
    values[declaration.name].assign(word, end);
    word = end;
  }
  if (word == words.end()) return {};
  return schema::invalid(
      fmt::format("'{}' is one word too many; --help lists what there is", printable(*word)));
}

Result<Values> from_arguments(const std::vector<Declaration>& declarations,
                              std::vector<std::string> arguments, bool& help) {
  const bool has_remainder = std::any_of(declarations.begin(), declarations.end(), [](const auto& one) {
    return one.place == Declaration::Place::kRemainder;
  });
  std::vector<std::string> rest;
  if (has_remainder) rest = take_remainder(arguments);

  CLI::App app;
  app.set_help_flag();
  app.add_flag("-h,--help", help);
  Values values;
  std::vector<std::string> words;
  app.add_option("words", words);
  std::map<std::string, bool> flags;
  for (const Declaration& declaration : declarations) {
    if (declaration.is_secret) continue;
    if (declaration.place == Declaration::Place::kRemainder) {
      if (!rest.empty()) values[declaration.name] = rest;
    } else if (declaration.place == Declaration::Place::kOption) {
      declare(app, declaration, values[declaration.name], flags[declaration.name]);
    }
  }
  try {
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    app.parse(std::move(arguments));
  } catch (const CLI::Error& error) {
    return schema::invalid(fmt::format("{}; --help lists what there is", printable(error.what())));
  }
  for (const auto& [name, given] : flags) {
    if (given) values[name] = {"true"};
  }
  if (auto given = give_words(declarations, words, values); !given) return given.error();
  std::erase_if(values, [](const auto& item) { return item.second.empty(); });
  return values;
}

Result<std::string> read_file(const std::string& file) {
  std::ifstream in(file, std::ios::binary);
  if (!in) return schema::not_found(fmt::format("cannot read the configuration file {}", printable(file)));
  std::string bytes(kMaxFile + 1, '\0');
  in.read(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  bytes.resize(static_cast<std::size_t>(in.gcount()));
  if (bytes.size() > kMaxFile) return schema::too_large(fmt::format("{} is over 256 KB", printable(file)));
  return bytes;
}

// Is `name` a key that some command of the file's section knows?
bool is_known(const KnownOptions& known, const std::string& section, const std::string& name) {
  const auto has = [&](const auto& names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  };
  if (!section.empty()) return known.contains(section) && has(known.find(section)->second);
  return std::any_of(known.begin(), known.end(), [&](const auto& command) { return has(command.second); });
}

// The file's values for `command`: those of its section before those at the top.
Result<Values> from_file(const std::string& file, const std::string& command, const KnownOptions& known) {
  auto bytes = read_file(file);
  if (!bytes) return bytes.error();
  std::istringstream stream(*bytes);
  std::vector<CLI::ConfigItem> items;
  try {
    items = CLI::ConfigTOML().from_config(stream);
  } catch (const std::exception& error) {
    return schema::invalid(fmt::format("{}: {}", printable(file), printable(error.what())));
  }
  Values top, section;
  for (const CLI::ConfigItem& item : items) {
    if (item.name == "++" || item.name == "--") continue;  // CLI11's marks of a section's begin and end
    const std::string where = item.parents.empty() ? std::string() : item.parents.front();
    if (item.parents.size() > 1 || !is_known(known, where, item.name)) {
      return schema::invalid(
          fmt::format("{}: unknown key '{}'{}: `fuzzmill help options` lists what there is", printable(file),
                      printable(item.name), where.empty() ? "" : fmt::format(" in [{}]", printable(where))));
    }
    if (where.empty()) top[item.name] = item.inputs;
    if (where == command) section[item.name] = item.inputs;
  }
  section.merge(top);
  return section;
}

bool others_may_read(const std::string& file) {
  struct stat status = {};
  return stat(file.c_str(), &status) == 0 && (status.st_mode & S_IROTH) != 0;
}

// The file's name: flag, environment, or the default one if it is there.
std::string choose_file(const Values& arguments, const OptionSources& sources) {
  if (const auto flag = arguments.find("config"); flag != arguments.end()) return flag->second.back();
  if (const auto variable = sources.environment("FUZZMILL_CONFIG"); variable && !variable->empty()) {
    return *variable;
  }
  return !sources.default_file.empty() && std::ifstream(sources.default_file) ? sources.default_file : "";
}

struct Found {
  std::vector<std::string> values;
  std::string source;  // for messages
};

std::optional<Found> find_value(const Declaration& declaration, const Values& arguments,
                                const Values& file_values, const std::string& file,
                                const OptionSources& sources) {
  const bool option = declaration.place == Declaration::Place::kOption;
  if (const auto it = arguments.find(declaration.name); it != arguments.end()) {
    return Found{it->second, option ? "--" + declaration.name : declaration.name};
  }
  if (!option || declaration.is_only_flag) return std::nullopt;
  // An empty variable is one that is not set: that is how a unit file or compose.yml leaves it out.
  if (const auto value = sources.environment(declaration.variable()); value && !value->empty()) {
    return Found{{*value}, declaration.variable()};
  }
  if (const auto it = file_values.find(declaration.name); it != file_values.end() && !it->second.empty()) {
    return Found{it->second, fmt::format("{}: {}", file, declaration.name)};
  }
  return std::nullopt;
}

Status apply(const Declaration& declaration, const Found& found) {
  if (found.values.size() > 1 && !declaration.takes_many) {
    return schema::invalid(fmt::format("{} is given {} times", found.source, found.values.size()));
  }
  if (auto set = declaration.set(found.values); !set) {
    // A secret's value is not for a message.
    if (declaration.is_secret) return schema::invalid(found.source + " has a wrong value");
    return std::move(set).error().in(found.source);
  }
  return {};
}

}  // namespace

Result<Parsed> Options::parse(const OptionSources& sources, const KnownOptions& known) {
  Parsed parsed;
  const auto arguments = from_arguments(declarations_, sources.arguments, parsed.help);
  if (!arguments) return arguments.error();
  if (parsed.help) return parsed;

  parsed.file = choose_file(*arguments, sources);
  Values file_values;
  if (!parsed.file.empty()) {
    auto read = from_file(parsed.file, command_, known);
    if (!read) return std::move(read).error();
    file_values = std::move(*read);
  }
  for (const Declaration& declaration : declarations_) {
    const auto found = find_value(declaration, *arguments, file_values, parsed.file, sources);
    if (!found) {
      if (!declaration.is_required) continue;
      const bool option = declaration.place == Declaration::Place::kOption;
      return schema::invalid(
          fmt::format("{}{} is missing: {}", option ? "--" : "", declaration.name, declaration.help));
    }
    if (declaration.is_secret && file_values.contains(declaration.name) && others_may_read(parsed.file)) {
      return schema::denied(fmt::format("{0} holds '{1}' and others may read it: chmod o-r {0}", parsed.file,
                                        declaration.name));
    }
    if (auto applied = apply(declaration, *found); !applied) return applied.error();
  }
  return parsed;
}

}  // namespace fuzzmill::runtime
