#include "runtime/options.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>
#include <cstdlib>

#include "runtime/printable.h"
#include "runtime/units.h"

namespace fuzzmill::runtime {
namespace {

constexpr const char* kDefaultFile = "/etc/fuzzmill/fuzzmill.toml";

// A setter of one value out of a parser of text and the variable that it fills.
template <class T, class Parse>
Declaration::Setter one(T& value, Parse parse) {
  return [&value, parse](const std::vector<std::string>& texts) -> schema::Status {
    auto parsed = parse(texts.back());
    if (!parsed) return parsed.error();
    value = std::move(*parsed);
    return {};
  };
}

schema::Result<std::string> as_text(const std::string& text) { return text; }

schema::Result<bool> as_bool(const std::string& text) {
  if (text == "true" || text == "1" || text == "yes" || text == "on") return true;
  if (text == "false" || text == "0" || text == "no" || text == "off") return false;
  return schema::invalid(fmt::format("'{}' is neither true nor false", printable(text)));
}

Declaration::Setter many(std::vector<std::string>& values) {
  return [&values](const std::vector<std::string>& texts) -> schema::Status {
    values = texts;
    return {};
  };
}

}  // namespace

std::string Declaration::variable() const {
  if (place != Place::kOption || is_only_flag) return {};
  std::string variable = "FUZZMILL_";
  for (const char c : name) {
    variable += c == '-' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  }
  return variable;
}

Declaration& Options::add(Declaration declaration) {
  assert(std::none_of(declarations_.begin(), declarations_.end(),
                      [&](const Declaration& other) { return other.name == declaration.name; }));
  return declarations_.emplace_back(std::move(declaration));
}

Declaration& Options::text(std::string name, std::string& value, std::string value_name, std::string help) {
  return add({.name = std::move(name),
              .value_name = std::move(value_name),
              .help = std::move(help),
              .default_text = value,
              .choices = {},
              .set = one(value, as_text)});
}

Declaration& Options::choice(std::string name, std::string& value, std::vector<std::string> choices,
                             std::string help) {
  auto set = one(value, [choices](const std::string& text) -> schema::Result<std::string> {
    if (std::find(choices.begin(), choices.end(), text) != choices.end()) return text;
    return schema::invalid(fmt::format("'{}' is none of {}", printable(text), fmt::join(choices, ", ")));
  });
  return add({.name = std::move(name),
              .value_name = "WORD",
              .help = std::move(help),
              .default_text = value,
              .choices = std::move(choices),
              .set = std::move(set)});
}

Declaration& Options::list(std::string name, std::vector<std::string>& values, std::string value_name,
                           std::string help) {
  return add({.name = std::move(name),
              .value_name = std::move(value_name),
              .help = std::move(help),
              .default_text = fmt::format("{}", fmt::join(values, " ")),
              .choices = {},
              .takes_many = true,
              .set = many(values)});
}

Declaration& Options::flag(std::string name, bool& value, std::string help) {
  return add({.name = std::move(name),
              .value_name = {},
              .help = std::move(help),
              .default_text = {},
              .choices = {},
              .set = one(value, as_bool)});
}

Declaration& Options::number(std::string name, std::uint64_t& value, std::string help) {
  return add({.name = std::move(name),
              .value_name = "N",
              .help = std::move(help),
              .default_text = std::to_string(value),
              .choices = {},
              .set = one(value, parse_number)});
}

Declaration& Options::duration(std::string name, std::chrono::milliseconds& value, std::string help) {
  return add({.name = std::move(name),
              .value_name = "TIME",
              .help = std::move(help),
              .default_text = duration_text(value),
              .choices = {},
              .set = one(value, parse_duration)});
}

Declaration& Options::size(std::string name, std::uint64_t& bytes, std::string help) {
  return add({.name = std::move(name),
              .value_name = "SIZE",
              .help = std::move(help),
              .default_text = size_text(bytes),
              .choices = {},
              .set = one(bytes, parse_size)});
}

Declaration& Options::positional(std::string name, std::string& value, std::string help) {
  return add({.name = std::move(name),
              .place = Declaration::Place::kPositional,
              .value_name = {},
              .help = std::move(help),
              .default_text = value,
              .choices = {},
              .set = one(value, as_text)});
}

Declaration& Options::positionals(std::string name, std::vector<std::string>& values, std::string help) {
  return add({.name = std::move(name),
              .place = Declaration::Place::kPositional,
              .value_name = {},
              .help = std::move(help),
              .default_text = fmt::format("{}", fmt::join(values, " ")),
              .choices = {},
              .takes_many = true,
              .set = many(values)});
}

Declaration& Options::remainder(std::string name, std::vector<std::string>& values, std::string help) {
  return add({.name = std::move(name),
              .place = Declaration::Place::kRemainder,
              .value_name = {},
              .help = std::move(help),
              .default_text = {},
              .choices = {},
              .takes_many = true,
              .set = many(values)});
}

std::vector<std::string> Options::names() const {
  std::vector<std::string> names;
  for (const Declaration& declaration : declarations_) {
    if (declaration.place == Declaration::Place::kOption && !declaration.is_only_flag) {
      names.push_back(declaration.name);
    }
  }
  return names;
}

OptionSources system_sources(std::vector<std::string> arguments) {
  return {std::move(arguments),
          [](const std::string& variable) -> std::optional<std::string> {
            const char* value = std::getenv(variable.c_str());
            return value == nullptr ? std::nullopt : std::optional<std::string>(value);
          },
          kDefaultFile};
}

}  // namespace fuzzmill::runtime
