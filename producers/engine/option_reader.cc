#include "producers/engine/option_reader.h"

#include <algorithm>

namespace fuzzmill::producers {
namespace {

const LongOption* find_long(std::span<const LongOption> longs, std::string_view name) {
  const LongOption* found = nullptr;
  for (const auto& known : longs) {
    if (known.name == name) return &known;
    if (known.name.substr(0, name.size()) != name) continue;
    if (found != nullptr) return nullptr;  // it could be two
    found = &known;
  }
  return found;
}

}  // namespace

std::size_t read_options(const std::vector<std::string>& argv, const OptionGrammar& grammar,
                         const std::function<void(const OptionSeen&)>& take) {
  std::size_t at = 1;
  const auto next = [&]() -> std::string { return at + 1 < argv.size() ? argv[++at] : std::string(); };
  for (; at < argv.size(); ++at) {
    const std::string_view argument = argv[at];
    if (argument.size() < 2 || argument[0] != '-') return at;
    if (argument == "--") return at + 1;
    if (argument[1] == '-') {
      const auto equals = argument.find('=');
      const auto* known =
          find_long(grammar.longs, argument.substr(2, equals == argument.npos ? equals : equals - 2));
      if (known == nullptr) continue;
      OptionSeen seen{known->letter, known->name, {}};
      if (equals != argument.npos) {
        seen.value = argument.substr(equals + 1);
      } else if (known->valued) {
        seen.value = next();
      }
      take(seen);
      continue;
    }
    for (std::size_t i = 1; i < argument.size(); ++i) {
      const char letter = argument[i];
      const auto known = std::find_if(grammar.longs.begin(), grammar.longs.end(),
                                      [&](const auto& option) { return option.letter == letter; });
      OptionSeen seen{letter, known == grammar.longs.end() ? std::string_view() : known->name, {}};
      const bool valued = grammar.valued.find(letter) != std::string_view::npos ||
                          (known != grammar.longs.end() && known->valued);
      if (valued) seen.value = i + 1 < argument.size() ? std::string(argument.substr(i + 1)) : next();
      take(seen);
      if (valued) break;
    }
  }
  return std::min(at, argv.size());
}

}  // namespace fuzzmill::producers
