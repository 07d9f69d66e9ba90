#include "producers/agent/targets_file.h"

#include <fmt/format.h>

#include <toml++/toml.h>
#include <algorithm>
#include <functional>

#include "runtime/units.h"
#include "schema/event.h"

namespace fuzzmill::producers {
namespace {

using schema::Status;

constexpr std::size_t kMaxFileSize = 4u << 20;
constexpr std::size_t kMaxTargets = 1024;

Status text(const toml::node& node, std::string& into) {
  const auto value = node.value_exact<std::string>();
  if (!value) return schema::invalid("wants a text in quotes");
  if (value->find('\0') != std::string::npos) return schema::invalid("holds a zero byte");
  into = *value;
  return {};
}

Status path(const toml::node& node, std::filesystem::path& into) {
  std::string value;
  if (auto read = text(node, value); !read) return read;
  into = value;
  return {};
}

Status words(const toml::node& node, std::vector<std::string>& into) {
  const auto* array = node.as_array();
  if (array == nullptr || array->empty())
    return schema::invalid("wants a list: [\"program\", \"argument\", …]");
  into.clear();
  for (const auto& element : *array) {
    if (auto read = text(element, into.emplace_back()); !read) return read;
  }
  return {};
}

Status duration(const toml::node& node, std::chrono::milliseconds& into) {
  std::string value;
  if (auto read = text(node, value); !read) return schema::invalid("wants a duration in quotes, as \"30s\"");
  auto parsed = runtime::parse_duration(value);
  if (!parsed) return std::move(parsed).error();
  into = *parsed;
  return {};
}

Status number(const toml::node& node, std::uint64_t low, std::uint64_t high, std::uint64_t& into) {
  const auto value = node.value_exact<std::int64_t>();
  if (!value || *value < 0 || static_cast<std::uint64_t>(*value) < low ||
      static_cast<std::uint64_t>(*value) > high) {
    return schema::invalid(fmt::format("wants a number from {} to {}", low, high));
  }
  into = static_cast<std::uint64_t>(*value);
  return {};
}

Status truth(const toml::node& node, bool& into) {
  const auto value = node.value_exact<bool>();
  if (!value) return schema::invalid("wants true or false");
  into = *value;
  return {};
}

Status size(const toml::node& node, std::uint64_t low, std::uint64_t high, std::uint64_t& into) {
  std::string value;
  if (auto read = text(node, value); !read) return schema::invalid("wants a size in quotes, as \"1MB\"");
  const auto parsed = runtime::parse_size(value);
  if (!parsed) return parsed.error();
  if (*parsed < low || *parsed > high) {
    return schema::invalid(
        fmt::format("wants a size from {} to {}", runtime::size_text(low), runtime::size_text(high)));
  }
  into = *parsed;
  return {};
}

Status time_of_day(const toml::node& node, std::chrono::minutes& into) {
  std::string value;
  if (auto read = text(node, value); !read) return read;
  const auto parsed = parse_time_of_day(value);
  if (!parsed) return parsed.error();
  into = *parsed;
  return {};
}

Status selection(const toml::node& node, SelectionPolicy& into) {
  std::string value;
  if (auto read = text(node, value); !read) return read;
  return parse_selection(value, into);
}

Status variables(const toml::node& node, Variables& into) {
  const auto* table = node.as_table();
  if (table == nullptr) return schema::invalid("wants a table: { NAME = \"value\" }");
  for (const auto& [key, value] : *table) {
    std::string one;
    if (auto read = text(value, one); !read) return std::move(read).error().in(std::string(key.str()));
    into.emplace_back(std::string(key.str()), std::move(one));
  }
  return {};
}

Status engine(const toml::node& node, std::optional<Engine>& into) {
  std::string value;
  if (auto read = text(node, value); !read) return read;
  into = engine_named(value);
  if (into) return {};
  return schema::invalid(fmt::format("'{}' is none of libfuzzer, afl, honggfuzz", value));
}

Status replay_when(const toml::node& node, ReplayWhen& into) {
  std::string value;
  if (auto read = text(node, value); !read) return read;
  for (const auto& [name, when] : {std::pair{"never", ReplayWhen::kNever},
                                   {"missing", ReplayWhen::kMissing},
                                   {"always", ReplayWhen::kAlways}}) {
    if (value == name) return into = when, Status{};
  }
  return schema::invalid(fmt::format("'{}' is none of never, missing, always", value));
}

struct Key {
  TargetKey shown;
  std::function<Status(const toml::node&, TargetConfig&)> set;
};

// Every key of a [[target]]; the documents are checked against this table.
const std::vector<Key>& keys() {
  using Node = const toml::node&;
  using Config = TargetConfig&;
  static const std::vector<Key> kKeys = {
      {{"name", "text", "what it is called; must be given"},
       [](Node n, Config c) { return text(n, c.name); }},
      {{"command", "list", "the fuzzer and its arguments; where there is none, somebody else runs it"},
       [](Node n, Config c) { return words(n, c.command); }},
      {{"engine", "text", "libfuzzer, afl or honggfuzz; else told by the command"},
       [](Node n, Config c) { return engine(n, c.engine); }},
      {{"working-dir", "path", "where the command runs, and where its relative paths start"},
       [](Node n, Config c) { return path(n, c.working_dir); }},
      {{"environment", "table", "variables of the fuzzer and of its replays"},
       [](Node n, Config c) { return variables(n, c.environment); }},
      {{"output", "path",
        "of a fuzzer that somebody else runs: AFL++'s -o, honggfuzz's workspace, libFuzzer's "
        "artifacts"},
       [](Node n, Config c) { return path(n, c.output); }},
      {{"artifacts", "path", "where libFuzzer's artifacts go when its command does not say"},
       [](Node n, Config c) { return path(n, c.artifacts); }},
      {{"corpus", "path", "the corpus; else as the command says"},
       [](Node n, Config c) { return path(n, c.corpus.emplace()); }},
      {{"replay", "text", "which crashes are run again: never, missing (those without a report), always"},
       [](Node n, Config c) { return replay_when(n, c.replay.when); }},
      {{"replay-command", "list", "what runs an input again, as a sanitizer build; @@ stands for its file"},
       [](Node n, Config c) { return words(n, c.replay.command); }},
      {{"replay-tries", "number", "tries of one crash, at most"},
       [](Node n, Config c) { return number(n, 1, 100, c.replay.tries); }},
      {{"replay-time", "duration", "of one try"},
       [](Node n, Config c) { return duration(n, c.replay.time_limit); }},
      {{"replay-memory-mb", "number", "resident memory of one try"},
       [](Node n, Config c) { return number(n, 16, 1u << 20, c.replay.memory_mb); }},
      {{"snapshot-interval", "duration",
        "between two snapshots of the corpus; \"24h\": daily, at snapshot-at; \"0\": none"},
       [](Node n, Config c) { return duration(n, c.snapshots.interval); }},
      {{"snapshot-at", "text",
        "when the daily snapshot is taken, UTC, \"00:00\"; each target up to 30 min later"},
       [](Node n, Config c) { return time_of_day(n, c.snapshots.at); }},
      {{"snapshot-select", "text",
        "which files a snapshot takes: \"top 100\" (the most valuable) or \"all\""},
       [](Node n, Config c) { return selection(n, c.selection); }},
      {{"snapshot-max-file", "size", "larger files are left out of snapshots, \"1MB\""},
       [](Node n, Config c) { return size(n, 1, kMaxSnapshotFileBytes, c.selection.max_file_bytes); }},
      {{"share", "truth", "whether new inputs go to the other nodes of the target, and theirs come here"},
       [](Node n, Config c) { return truth(n, c.share.on); }},
      {{"share-budget", "size", "what may go out a minute, and what may come in, \"1MB\""},
       [](Node n, Config c) { return size(n, 1024, 1u << 30, c.share.budget); }},
      {{"stop-grace", "duration", "from SIGTERM to SIGKILL"},
       [](Node n, Config c) { return duration(n, c.stop_grace); }},
      {{"evidence-wait", "duration", "how long an artifact waits for its report"},
       [](Node n, Config c) { return duration(n, c.evidence_wait); }},
      {{"give-up-after", "number", "quick ends without an artifact in a row; 0: never"},
       [](Node n, Config c) {
         std::uint64_t count = 0;
         auto read = number(n, 0, 1'000'000, count);
         if (read) c.restart.give_up_after = count;
         return read;
       }},
  };
  return kKeys;
}

schema::Error at(const std::string& file, const toml::node& node, std::string message) {
  return schema::invalid(fmt::format("{}:{}: {}", file, node.source().begin.line, message));
}

Status check(const TargetConfig& config) {
  if (config.name.empty()) return schema::invalid("a target wants a name");
  if (!schema::valid_name(config.name)) {
    return schema::invalid(fmt::format("'{}' is no name ([A-Za-z0-9._-], at most 64)", config.name));
  }
  if (config.command.empty() && config.output.empty()) {
    return schema::invalid(
        fmt::format("target '{}' wants a command, or the output of a fuzzer that runs", config.name));
  }
  if (config.command.empty() && !config.engine) {
    return schema::invalid(
        fmt::format("target '{}' has no command: say which engine writes its output", config.name));
  }
  return {};
}

schema::Result<TargetConfig> parse_target(const toml::table& table, const std::string& file) {
  TargetConfig config;
  for (const auto& [name, value] : table) {
    const auto key = std::find_if(keys().begin(), keys().end(),
                                  [&](const Key& row) { return row.shown.name == name.str(); });
    if (key == keys().end()) {
      return at(file, value, fmt::format("a target has no key '{}'", std::string(name.str())));
    }
    if (auto set = key->set(value, config); !set) {
      return at(file, value, fmt::format("{}: {}", key->shown.name, set.error().message));
    }
  }
  if (auto checked = check(config); !checked) return at(file, table, checked.error().message);
  return config;
}

schema::Result<std::vector<TargetConfig>> parse_document(const toml::table& document,
                                                         const std::string& file) {
  std::vector<TargetConfig> targets;
  for (const auto& [name, value] : document) {
    if (name.str() != "target" || !value.is_array_of_tables()) {
      return at(
          file, value,
          fmt::format("'{}' is unknown here; targets are written as [[target]]", std::string(name.str())));
    }
    for (const auto& element : *value.as_array()) {
      auto target = parse_target(*element.as_table(), file);
      if (!target) return std::move(target).error();
      const bool taken = std::any_of(targets.begin(), targets.end(),
                                     [&](const auto& other) { return other.name == target->name; });
      if (taken) return at(file, element, fmt::format("two targets are called '{}'", target->name));
      targets.push_back(std::move(*target));
      if (targets.size() > kMaxTargets)
        return schema::too_large(fmt::format("{}: more than {} targets", file, kMaxTargets));
    }
  }
  if (targets.empty()) return schema::invalid(file + ": no [[target]] in it");
  return targets;
}

}  // namespace

schema::Result<std::vector<TargetConfig>> parse_targets(std::string_view toml, const std::string& file_name) {
  if (toml.size() > kMaxFileSize) return schema::too_large(file_name + ": larger than 4 MB");
  try {
    return parse_document(toml::parse(toml, file_name), file_name);
  } catch (const toml::parse_error& error) {
    return schema::invalid(
        fmt::format("{}:{}: {}", file_name, error.source().begin.line, error.description()));
  }
}

const std::vector<TargetKey>& target_keys() {
  static const std::vector<TargetKey> kShown = [] {
    std::vector<TargetKey> shown;
    for (const auto& key : keys()) shown.push_back(key.shown);
    return shown;
  }();
  return kShown;
}

}  // namespace fuzzmill::producers
