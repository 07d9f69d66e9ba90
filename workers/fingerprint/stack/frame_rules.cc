#include "workers/fingerprint/stack/frame_rules.h"

#include <algorithm>
#include <unordered_map>
#include <vector>

#include "workers/fingerprint/read/text.h"
#include "workers/fingerprint/stack/frame_rule_table.h"

namespace fuzzmill::workers {
namespace {

// match → rule. Most names are no match: a look at the first byte and the size tells without hashing.
class Exact {
 public:
  void emplace(std::string_view match, std::string_view rule) {
    rules_.emplace(match, rule);
    sizes_[static_cast<unsigned char>(match.front())] |= bit(match.size());
  }

  std::string_view find(std::string_view key) const {
    if (key.empty() || key.size() >= kSizes) return {};
    if ((sizes_[static_cast<unsigned char>(key.front())] & bit(key.size())) == 0) return {};
    const auto at = rules_.find(key);
    return at == rules_.end() ? std::string_view() : at->second;
  }

 private:
  static constexpr std::size_t kSizes = 64;  // no match is longer

  static std::uint64_t bit(std::size_t size) { return std::uint64_t{1} << (size % kSizes); }

  std::unordered_map<std::string_view, std::string_view> rules_;
  std::uint64_t sizes_[256] = {};
};

template <class Each>
void split(std::string_view list, Each each) {
  while (!list.empty()) {
    const auto bar = std::min(list.find('|'), list.size());
    each(list.substr(0, bar));
    list.remove_prefix(std::min(bar + 1, list.size()));
  }
}

Exact exact(std::span<const RuleRow> rows) {
  Exact out;
  for (const RuleRow& row : rows) {
    split(row.matches, [&](std::string_view match) { out.emplace(match, row.rule); });
  }
  return out;
}

// Beginnings by their first three bytes, so that a name meets only the few that could fit. Among those
// the longest goes first.
class Beginnings {
 public:
  explicit Beginnings(std::span<const RuleRow> rows) {
    for (const RuleRow& row : rows) {
      split(row.matches, [&](std::string_view match) {
        const std::uint32_t key = key_of(match);
        keys_[bit(key) / 64] |= std::uint64_t{1} << (bit(key) % 64);
        buckets_[slot(key)].push_back({key, match, row.rule});
      });
    }
    for (auto& bucket : buckets_) {
      std::sort(bucket.begin(), bucket.end(),
                [](const Rule& a, const Rule& b) { return a.match.size() > b.match.size(); });
    }
  }

  std::string_view find(std::string_view name) const {
    if (name.size() < kKey) return {};
    const std::uint32_t key = key_of(name);
    if (((keys_[bit(key) / 64] >> (bit(key) % 64)) & 1) == 0) return {};
    for (const Rule& rule : buckets_[slot(key)]) {
      if (rule.key == key && name.starts_with(rule.match)) return rule.name;
    }
    return {};
  }

 private:
  struct Rule {
    std::uint32_t key;
    std::string_view match;
    std::string_view name;
  };
  static constexpr std::size_t kKey = 3;  // no match is shorter
  static constexpr std::size_t kBuckets = 256;

  static std::uint32_t key_of(std::string_view text) {
    std::uint32_t key = 0;
    for (std::size_t i = 0; i < kKey; ++i) key = key << 8 | static_cast<unsigned char>(text[i]);
    return key;
  }

  static std::size_t slot(std::uint32_t key) { return (key * 2654435761u) >> 24; }
  static std::size_t bit(std::uint32_t key) { return (key * 2654435761u) >> 20; }

  std::uint64_t keys_[4096 / 64] = {};  // a bit for each key that there is: most names have none of them
  std::vector<Rule> buckets_[kBuckets];
};

struct Tables {
  Exact names = exact(whole_names());
  Exact endings = exact(name_endings());
  Exact modules = exact(module_names());
  Beginnings beginnings{name_beginnings()};
  Beginnings paths{path_parts()};
  Exact string_words;
  std::vector<std::string_view> glibc;

  Tables() {
    split(libc_string_words(), [&](std::string_view word) { string_words.emplace(word, kLibcString); });
    split(glibc_folders(), [&](std::string_view folder) { glibc.push_back(folder); });
  }
};

const Tables& tables() {
  static const Tables kTables;
  return kTables;
}

// libc's memory and string functions also appear as __memcpy_avx_unaligned_erms, __strlen_sse2 or
// __memcpy_chk.
bool is_libc_string(std::string_view function) {
  std::size_t lead = 0;
  while (lead < function.size() && function[lead] == '_') ++lead;
  std::string_view word = function.substr(lead);
  if (lead > 0) consume(word, "aeabi_");
  std::size_t end = 0;
  while (end < word.size() && word[end] >= 'a' && word[end] <= 'z') ++end;
  std::string_view tail = word.substr(end);
  if (tail.starts_with("_r") && word.substr(0, end) == "strtok") tail.remove_prefix(2);
  if (tables().string_words.find(word.substr(0, end)).empty()) return false;
  if (tail.empty() || tail.starts_with('-')) return true;
  if (lead == 0) return false;  // without underscores it may be the program's own
  for (std::string_view flavour :
       {"_avx", "_sse", "_ssse", "_evex", "_erms", "_unaligned", "_chk", "_aarch64", "_generic", "_ifunc",
        "_power", "_z13", "_neon", "_mte", "_oryon"}) {
    if (tail.starts_with(flavour)) return true;
  }
  return false;
}

// Linker and macOS wrappers: "__wrap_strcmp" is dropped because strcmp is, "wrap_text" is not.
std::string_view unwrapped(std::string_view function) {
  if (function.empty() || (function.front() != '_' && function.front() != 'w')) return function;
  for (std::string_view prefix : {"__wrap_", "_wrap_", "wrap_"}) {
    if (consume(function, prefix)) return function;
  }
  return function;
}

// Where the last "::" begins that ends before `end`, or npos.
std::size_t last_colons(std::string_view name, std::size_t end) {
  for (std::size_t at = end; at >= 2; --at) {
    if (name[at - 1] == ':' && name[at - 2] == ':') return at - 2;
  }
  return std::string_view::npos;
}

std::string_view rule_of_ending(std::string_view function) {
  const auto last = last_colons(function, function.size());
  if (last == std::string_view::npos || last == 0) return {};
  const auto before_last = last_colons(function, last + 1);
  return tables().endings.find(before_last == std::string_view::npos ? function
                                                                     : function.substr(before_last + 2));
}

std::string_view rule_of_name(std::string_view function) {
  // "pthread_cond_wait@@GLIBC_2.3.2"
  const std::string_view bare = before(unwrapped(function), "@");
  if (bare.empty()) return {};
  if (auto rule = tables().names.find(bare); !rule.empty()) return rule;
  if (auto rule = tables().beginnings.find(function); !rule.empty()) return rule;
  if (auto rule = rule_of_ending(function); !rule.empty()) return rule;
  return is_libc_string(bare) ? kLibcString : std::string_view();
}

bool is_glibc_path(std::string_view file) {
  if (file.empty() || file.front() == '/')
    return false;  // a whole path has a folder's name that kPaths knows
  while (file.starts_with("./")) file.remove_prefix(2);
  if (file.starts_with("../sysdeps/")) return true;
  // "string/x.c" may be the program's; "string/../sysdeps/…" and "string/./string/…" are glibc's.
  const std::size_t size = std::min(file.find('/'), file.size() - 1) + 1;
  const std::string_view folder = file.substr(0, size), rest = file.substr(size);
  if (!rest.starts_with("../") && !rest.starts_with("./")) return false;
  const auto& folders = tables().glibc;
  return std::find(folders.begin(), folders.end(), folder) != folders.end();
}

// "/usr/lib/python3.11/json/decoder.py", but not what was installed below it.
bool is_python_library(std::string_view file) {
  if (!file.ends_with(".py")) return false;
  const auto at = file.find("/lib/python3");
  if (at == std::string_view::npos) return false;
  return !contains(file.substr(at), "-packages/");
}

// A match may also begin inside a folder's name at a hyphen: "x86_64-linux-gnu/c++/…".
std::string_view rule_of_path(std::string_view file) {
  const Beginnings& paths = tables().paths;
  if (auto rule = paths.find(file); !rule.empty()) return rule;
  constexpr ByteSet kBegins("/\\-");
  for (std::size_t at = kBegins.find(file); at < file.size(); at = kBegins.find(file, at + 1)) {
    const auto rule = paths.find(file.substr(file[at] == '-' ? at : at + 1));
    if (!rule.empty()) return rule;
  }
  if (is_python_library(file)) return kStandard;
  return is_glibc_path(file) ? kLibc : std::string_view();
}

std::string_view rule_of_module(std::string_view module) {
  module = file_name(module);
  if (module.starts_with("<unknown")) return kNoName;
  constexpr std::size_t kLongest = 32;
  char lower[kLongest];
  for (std::size_t i = 0; i <= std::min(module.size(), kLongest - 1); ++i) {
    if (i == module.size() || module[i] == '.' || module[i] == '-') {
      if (auto rule = tables().modules.find({lower, i}); !rule.empty()) return rule;
    }
    if (i == module.size()) break;
    const char c = module[i];
    lower[i] = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  }
  return {};
}

// Go's and Java's names say what package they are of, which the normalised name may not.
bool is_dotted(std::string_view function) { return contains(function, ".") && !contains(function, "::"); }

// "host.org/me/runtime.Step" is not of Go's runtime, though its normalised name is "runtime.Step".
bool is_packaged(const Frame& frame, std::string_view rule) {
  return rule == kLanguage && contains(before(frame.function, "("), "/");
}

// Where a debugger lost an inlined call, the program's function stands with the line of a library's header.
// What has a scope that is not the library's is the program's.
bool was_inlined_into(const Frame& frame, std::string_view function, std::string_view rule) {
  return rule == kStandard && contains(function, "::") && is_library_header(frame.file);
}

// A lambda that has no name but a place in the program's own code.
bool is_own_lambda(const Frame& frame, std::string_view function) {
  return function == "operator()" && frame.line != 0 && rule_of_path(frame.file).empty();
}

}  // namespace

bool is_library_header(std::string_view file) { return contains(file, "/include/c++/"); }

bool is_target_entry(std::string_view function) {
  return function == "LLVMFuzzerTestOneInput" || function == "rust_fuzzer_test_input" ||
         function == "main.LLVMFuzzerTestOneInput";
}

std::string_view rule_of(const Frame& frame, std::string_view function, const ProjectRules* project) {
  if (project != nullptr) {
    if (const auto* rule = project->find(frame, function); rule != nullptr)
      return rule->keep ? std::string_view() : std::string_view(rule->name);
  }
  if (is_target_entry(function) || is_own_lambda(frame, function)) return {};
  if (!function.empty()) {
    if (auto rule = rule_of_name(function); !rule.empty() && !is_packaged(frame, rule)) return rule;
    if (is_dotted(function)) {
      if (auto rule = rule_of_name(trim(frame.function)); !rule.empty()) return rule;
    }
  } else if (frame.file.empty() && (frame.module.empty() || frame.offset == 0)) {
    return kNoName;  // a module alone does not say where in it
  }
  if (auto rule = rule_of_path(frame.file); !rule.empty() && !was_inlined_into(frame, function, rule))
    return rule;
  // Some symbolizers print the module where the function belongs.
  return rule_of_module(frame.module.empty() && frame.file.empty() ? function
                                                                   : std::string_view(frame.module));
}

bool may_stand_in(std::string_view rule) {
  for (std::string_view own :
       {kProgramEntry, kStandard, kLanguage, kLibc, kLibcString, kAllocator, kSystem, kLog}) {
    if (rule == own) return true;
  }
  return false;
}

bool stops_program(std::string_view rule) { return rule == kAssert || rule == kThrow || rule == kLog; }

}  // namespace fuzzmill::workers
