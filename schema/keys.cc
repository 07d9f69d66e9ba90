#include "schema/keys.h"

#include <fmt/format.h>

#include <array>

#include "schema/digest.h"

namespace fuzzmill::schema::keys {
namespace {

constexpr std::array kSpecs = {
    KeySpec{
        "fuzzmill:{log}:stream:<topic>", "stream",
        "the events of a topic; field e is the event, field h the hold bucket; one consumer group a stage"},
    KeySpec{"fuzzmill:{log}:dead:<topic>", "stream",
            "dead letters: fields e (event), h (bucket), stage, reason, attempts, entry (id in the stream)"},
    KeySpec{"fuzzmill:{log}:source:<owner>/<source>", "string",
            "highest sequence of this source of a key's owner that is durable; expires 30 days after its "
            "last event"},
    KeySpec{"fuzzmill:{log}:hold:<bucket>", "hash",
            "attachments of the events appended in these ten minutes: SHA-256 in hex to bytes"},
    KeySpec{"fuzzmill:{log}:loans:<topic>", "hash",
            "<stage>/<broker> to the spans of the stream that this broker has handed out of its memory and "
            "that are not finished: first..last:count"},
    KeySpec{"fuzzmill:{log}:broker:<broker>", "string", "this broker is alive; expires when it is not"},
    KeySpec{"fuzzmill:{crash}:group:<group>", "hash",
            "a crash group: kind, title, severity, count, first_seen, last_seen, state, archive, alerted, …"},
    KeySpec{"fuzzmill:{crash}:signatures:<group>", "set", "the signatures of a group"},
    KeySpec{"fuzzmill:{crash}:nodes:<group>", "hash", "node to number of crashes of the group"},
    KeySpec{"fuzzmill:{crash}:targets:<group>", "hash", "target to number of crashes of the group"},
    KeySpec{"fuzzmill:{crash}:inputs:<group>", "zset", "archived inputs of a group: SHA-256, scored by size"},
    KeySpec{"fuzzmill:{crash}:signature:<signature>", "string", "the group that a signature belongs to"},
    KeySpec{
        "fuzzmill:{crash}:groups", "zset",
        "all groups, scored by the Unix time in ms of their last crash; those that were merged into another "
        "are not in it"},
    KeySpec{"fuzzmill:{crash}:aliases", "hash",
            "a group that was merged to the group it was merged into, which may be merged itself"},
    KeySpec{"fuzzmill:{crash}:members:<group>", "set",
            "the groups that were merged into this one; each keeps its own numbers, a reader sums them"},
    KeySpec{"fuzzmill:{crash}:history:<group>", "stream",
            "what was done to a group: fields action, other (group), state, by, why, at (Unix time in ms)"},
    KeySpec{"fuzzmill:{crash}:feature:<feature>", "set",
            "the groups that have a feature, at most 64; the first 16 hex digits of its SHA-256 name it"},
    KeySpec{"fuzzmill:{crash}:features:<group>", "set", "the features of a group, in full, at most 128"},
    KeySpec{"fuzzmill:{crash}:severity:<severity>", "zset", "groups of a severity, scored as in groups"},
    KeySpec{"fuzzmill:{crash}:seen:<stage>:<day>", "set",
            "ids of the events that a stage has counted on a day, so that none counts twice; expires"},
    KeySpec{"fuzzmill:{crash}:retention", "zset",
            "crash archives, scored by the Unix time in s when they expire"},
    KeySpec{"fuzzmill:{crash}:quarantine", "zset",
            "pruned crash archives, scored by the Unix time in s when they will be deleted"},
    KeySpec{"fuzzmill:{crash}:alert-budget:<hour>", "string", "alerts raised in this hour; expires"},
    KeySpec{
        "fuzzmill:{crash}:alert-claims:<day>", "hash",
        "event id to the alert it raised, so that a repeated delivery raises the same one again; expires"},
    KeySpec{"fuzzmill:{corpus}:archives:<target>", "zset",
            "corpus archives of a target, scored by Unix time in s"},
    KeySpec{"fuzzmill:{corpus}:archive:<archive>", "hash",
            "a corpus archive: path, sha256, bytes, files, node, …"},
    KeySpec{"fuzzmill:{corpus}:retention", "zset",
            "corpus archives, scored by the Unix time in s when they expire"},
    KeySpec{"fuzzmill:{corpus}:targets", "zset",
            "targets that have archives, scored by the Unix time in s of the newest"},
    KeySpec{"fuzzmill:{corpus}:quarantine", "zset",
            "pruned archives, scored by the Unix time in s when they will be deleted"},
    KeySpec{"fuzzmill:{corpus}:turn", "string", "the worker that prunes now; expires"},
    KeySpec{"fuzzmill:{corpus}:have:<target>", "set",
            "SHA-256 of the files that need not be sent again: those of the newest archive, and those that "
            "arrived since"},
    KeySpec{"fuzzmill:{corpus}:snapshots:<target>", "hash",
            "node to the id of its snapshot that is in the newest archive"},
    KeySpec{"fuzzmill:{corpus}:shared:<target>", "stream",
            "inputs that nodes give to each other, capped: fields sha256, node, engine, bytes, total (bytes "
            "of all that were ever shared); expires"},
    KeySpec{"fuzzmill:{corpus}:shared-known:<target>", "zset",
            "SHA-256 of inputs that were shared, scored by Unix time in s, capped"},
    KeySpec{"fuzzmill:{corpus}:sharing:<target>", "hash",
            "counters of sharing: <node>|<counter>, the counters are sent, accepted, refused, imported, dropped; "
            "<node>|gave and <node>|asked tell a question that is asked again"},
    KeySpec{"fuzzmill:{corpus}:share-budget:<minute>", "hash",
            "node to bytes that it gave to others in this minute; expires"},
    KeySpec{"fuzzmill:{node}:nodes", "zset",
            "nodes, scored by the Unix time in ms of their last sign of life"},
    KeySpec{"fuzzmill:{node}:node:<node>", "hash", "a node: version, uptime_s, last_seen, state"},
    KeySpec{"fuzzmill:{node}:target:<node>/<target>", "hash",
            "the latest resource sample of a target on a node"},
    KeySpec{"fuzzmill:{node}:samples:<node>/<target>", "stream", "recent resource samples, capped"},
    KeySpec{"fuzzmill:{node}:machine:<node>", "hash",
            "the latest sample of a node itself: CPU, memory, disk, …"},
    KeySpec{"fuzzmill:{node}:machine-samples:<node>", "stream", "recent samples of a node itself, capped"},
    KeySpec{"fuzzmill:{node}:watch:<node>", "hash",
            "what is alerted of a node: <alert>|<target> to told|next|times, where told is what people were "
            "told, "
            "or empty, and next was seen so many times in a row; last|<target> and every|<target> are of the "
            "last "
            "sample (ms)"},
    KeySpec{"fuzzmill:{node}:deadlines", "zset",
            "<node>/<target>, or <node>/ for the node itself, scored by the Unix time in ms when it will be "
            "called silent"},
    KeySpec{"fuzzmill:{node}:outbox", "zset",
            "alert.raised events that no delivery caused (MessagePack), scored by the Unix time in ms of the "
            "next "
            "try to tell them"},
    KeySpec{"fuzzmill:{node}:orders:<node>", "hash",
            "what a node is to do: id of an order to the order (JSON); a node takes its entry away when it has "
            "ended; expires"},
    KeySpec{"fuzzmill:{node}:order:<order>", "hash",
            "an order: order, target, by, time_ms, and <node>/<target> to how it goes there (JSON); expires"},
    KeySpec{"fuzzmill:{node}:alert-budget:<hour>", "string",
            "alerts of nodes and targets raised in this hour; expires"},
    KeySpec{
        "fuzzmill:{node}:alert-claims:<day>", "hash",
        "id of a sample or heartbeat to the alerts it raised, so that a repeated delivery raises the same "
        "again; expires"},
};

constexpr std::size_t kFeatureDigits = 16;
constexpr std::string_view kLog = "fuzzmill:{log}:";
constexpr std::string_view kCrash = "fuzzmill:{crash}:";
constexpr std::string_view kCorpus = "fuzzmill:{corpus}:";
constexpr std::string_view kNode = "fuzzmill:{node}:";

// Matches `key` against a pattern whose placeholders take any characters but ':' and '/'.
bool match(std::string_view pattern, std::string_view key, std::vector<std::string>& values) {
  values.clear();
  while (!pattern.empty()) {
    if (pattern.front() != '<') {
      if (key.empty() || key.front() != pattern.front()) return false;
      pattern.remove_prefix(1), key.remove_prefix(1);
      continue;
    }
    pattern.remove_prefix(pattern.find('>') + 1);
    const auto end = std::min(key.find_first_of(":/"), key.size());
    if (end == 0) return false;
    values.emplace_back(key.substr(0, end));
    key.remove_prefix(end);
  }
  return key.empty();
}

}  // namespace

std::string stream(Topic topic) { return fmt::format("{}stream:{}", kLog, name(topic)); }
std::string dead(Topic topic) { return fmt::format("{}dead:{}", kLog, name(topic)); }
std::string source(std::string_view owner, std::uint64_t source) {
  return fmt::format("{}source:{}/{:016x}", kLog, owner, source);
}
std::string hold(std::uint64_t bucket) { return fmt::format("{}hold:{}", kLog, bucket); }
std::string loans(Topic topic) { return fmt::format("{}loans:{}", kLog, name(topic)); }
std::string loan(Stage stage, std::string_view id) { return fmt::format("{}/{}", name(stage), id); }
std::string broker(std::string_view id) { return fmt::format("{}broker:{}", kLog, id); }

std::string group(std::string_view group) { return fmt::format("{}group:{}", kCrash, group); }
std::string group_signatures(std::string_view group) { return fmt::format("{}signatures:{}", kCrash, group); }
std::string group_nodes(std::string_view group) { return fmt::format("{}nodes:{}", kCrash, group); }
std::string group_targets(std::string_view group) { return fmt::format("{}targets:{}", kCrash, group); }
std::string group_inputs(std::string_view group) { return fmt::format("{}inputs:{}", kCrash, group); }
std::string signature(std::string_view signature) { return fmt::format("{}signature:{}", kCrash, signature); }
std::string aliases() { return fmt::format("{}aliases", kCrash); }
std::string group_members(std::string_view group) { return fmt::format("{}members:{}", kCrash, group); }
std::string group_history(std::string_view group) { return fmt::format("{}history:{}", kCrash, group); }
std::string group_features(std::string_view group) { return fmt::format("{}features:{}", kCrash, group); }
std::string feature(std::string_view feature) {
  return fmt::format("{}feature:{}", kCrash, sha256_hex(feature).substr(0, kFeatureDigits));
}
std::string groups() { return fmt::format("{}groups", kCrash); }
std::string severity(std::string_view severity) { return fmt::format("{}severity:{}", kCrash, severity); }
std::string seen(Stage stage, std::uint64_t day) {
  return fmt::format("{}seen:{}:{}", kCrash, name(stage), day);
}
std::string crash_retention() { return fmt::format("{}retention", kCrash); }
std::string crash_quarantine() { return fmt::format("{}quarantine", kCrash); }
std::string alert_budget(std::uint64_t hour) { return fmt::format("{}alert-budget:{}", kCrash, hour); }
std::string alert_claims(std::uint64_t day) { return fmt::format("{}alert-claims:{}", kCrash, day); }

std::string archives(std::string_view target) { return fmt::format("{}archives:{}", kCorpus, target); }
std::string archive(std::string_view id) { return fmt::format("{}archive:{}", kCorpus, id); }
std::string corpus_retention() { return fmt::format("{}retention", kCorpus); }
std::string corpus_targets() { return fmt::format("{}targets", kCorpus); }
std::string corpus_quarantine() { return fmt::format("{}quarantine", kCorpus); }
std::string corpus_turn() { return fmt::format("{}turn", kCorpus); }
std::string corpus_have(std::string_view target) { return fmt::format("{}have:{}", kCorpus, target); }
std::string corpus_snapshots(std::string_view target) { return fmt::format("{}snapshots:{}", kCorpus, target); }
std::string shared_inputs(std::string_view target) { return fmt::format("{}shared:{}", kCorpus, target); }
std::string shared_known(std::string_view target) { return fmt::format("{}shared-known:{}", kCorpus, target); }
std::string sharing(std::string_view target) { return fmt::format("{}sharing:{}", kCorpus, target); }
std::string share_budget(std::uint64_t minute) { return fmt::format("{}share-budget:{}", kCorpus, minute); }

std::string nodes() { return fmt::format("{}nodes", kNode); }
std::string node(std::string_view node) { return fmt::format("{}node:{}", kNode, node); }
std::string target(std::string_view node, std::string_view target) {
  return fmt::format("{}target:{}/{}", kNode, node, target);
}
std::string samples(std::string_view node, std::string_view target) {
  return fmt::format("{}samples:{}/{}", kNode, node, target);
}

std::string machine(std::string_view node) { return fmt::format("{}machine:{}", kNode, node); }
std::string machine_samples(std::string_view node) {
  return fmt::format("{}machine-samples:{}", kNode, node);
}
std::string watch(std::string_view node) { return fmt::format("{}watch:{}", kNode, node); }
std::string deadlines() { return fmt::format("{}deadlines", kNode); }
std::string deadline(std::string_view node, std::string_view target) {
  return fmt::format("{}/{}", node, target);
}
std::string outbox() { return fmt::format("{}outbox", kNode); }
std::string orders(std::string_view node) { return fmt::format("{}orders:{}", kNode, node); }
std::string order(std::string_view id) { return fmt::format("{}order:{}", kNode, id); }
std::string node_alert_budget(std::uint64_t hour) { return fmt::format("{}alert-budget:{}", kNode, hour); }
std::string node_alert_claims(std::uint64_t day) { return fmt::format("{}alert-claims:{}", kNode, day); }

std::span<const KeySpec> key_specs() { return kSpecs; }

Result<ParsedKey> parse(std::string_view key) {
  ParsedKey parsed;
  for (const KeySpec& spec : kSpecs) {
    if (match(spec.pattern, key, parsed.values)) {
      parsed.spec = &spec;
      return parsed;
    }
  }
  return not_found(fmt::format("'{}' is no key of fuzzmill", key.substr(0, 128)));
}

}  // namespace fuzzmill::schema::keys
