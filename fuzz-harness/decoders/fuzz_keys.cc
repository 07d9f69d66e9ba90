// Fuzzes the parser of Redis keys, which reads what others may have written: a key that is taken for ours is
// the pattern with its values filled in, and nothing else.
#include <string>

#include "fuzz-harness/decoders/require.h"
#include "schema/keys.h"

namespace {

using namespace fuzzmill::schema;
using fuzzmill::fuzz::require;

std::string filled_in(const keys::ParsedKey& parsed) {
  std::string_view pattern = parsed.spec->pattern;
  std::string key;
  std::size_t used = 0;
  while (!pattern.empty()) {
    const auto open = std::min(pattern.find('<'), pattern.size());
    key.append(pattern.substr(0, open));
    pattern.remove_prefix(open);
    if (pattern.empty()) break;
    require(used < parsed.values.size(), "each placeholder has a value");
    key.append(parsed.values[used++]);
    pattern.remove_prefix(pattern.find('>') + 1);
  }
  require(used == parsed.values.size(), "each value has a placeholder");
  return key;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto key = fuzzmill::fuzz::text_of(data, size);
  const auto parsed = keys::parse(key);
  if (!parsed) {
    require(parsed.error().message.size() <= fuzzmill::fuzz::kMaxReason, "a reason is short");
    return 0;
  }
  require(parsed->spec != nullptr, "a key that is ours has a spec");
  for (const auto& value : parsed->values) {
    require(!value.empty() && value.find_first_of(":/") == std::string::npos, "a value is one word");
  }
  require(filled_in(*parsed) == key, "a key is its pattern with the values filled in");
  return 0;
}
