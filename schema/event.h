// Events: what crosses ZeroMQ and lies in the log. Values only; schema/event_codec.h turns them into
// MessagePack and back. docs/protocol.md shows the layout.
//
// To change an event:
//   - A new field: add it as std::optional with a line in its fields(). Old readers skip it, old events
//     lack it. Add a golden line to event_golden_test.cc; leave the old lines as they are.
//   - A field that changes its meaning or goes away: raise kEventVersion, teach decode() both forms,
//     add the new golden bytes, keep the old ones passing. Brokers are upgraded before nodes.
//   - Never reuse a name with another type.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "schema/digest.h"
#include "schema/topic.h"

namespace fuzzmill::schema {

inline constexpr std::uint64_t kEventVersion = 1;

// 16 bytes. An event of a producer is numbered by its source (one ordered lane of one publisher):
// source (8 bytes, big-endian, random per lane) then sequence (8 bytes, from 1, rising). This is what
// makes "was it appended already?" a comparison with one number per source. An event that a stage
// derives from another takes its id from a hash, so that deriving twice gives the same id.
struct EventId {
  std::array<std::uint8_t, 16> bytes{};

  static EventId of(std::uint64_t source, std::uint64_t sequence);
  static EventId derived(const EventId& from, Stage stage, std::uint64_t index);
  static std::optional<EventId> parse(std::string_view hex32);

  std::uint64_t source() const;
  std::uint64_t sequence() const;
  std::string hex() const;
  friend bool operator==(const EventId&, const EventId&) = default;
};

// Names a content-addressed byte string that travels beside the event and waits in the hold.
struct AttachmentRef {
  std::string name;  // what it is to this event: "input", "report", or a corpus file's name
  Sha256 sha256{};
  std::uint64_t size = 0;
  friend bool operator==(const AttachmentRef&, const AttachmentRef&) = default;
};

// Each body lists its fields once, in fields(); packing, reading, checking and the table in
// docs/protocol.md come from there. std::optional marks what may be missing.
struct CrashFound {
  static constexpr Topic kTopic = Topic::kCrashFound;
  std::string engine;         // libfuzzer, afl, honggfuzz
  std::string artifact;       // the artifact's file name as the engine gave it
  std::string artifact_kind;  // crash, leak, timeout, oom, slow-unit
  std::string report_source;  // log, replay, none
  std::optional<std::int64_t> exit_code;
  std::optional<std::int64_t> signal;
  std::optional<std::uint64_t> pid;
  std::optional<std::string> build_id;
  std::optional<std::string> command;
  std::optional<std::uint64_t> replays;     // of so many tries …
  std::optional<std::uint64_t> reproduced;  // … so many crashed again

  template <class Self, class F>
  static void fields(Self& s, F&& f) {
    f("engine", s.engine), f("artifact", s.artifact), f("artifact_kind", s.artifact_kind);
    f("report_source", s.report_source), f("exit_code", s.exit_code), f("signal", s.signal);
    f("pid", s.pid), f("build_id", s.build_id), f("command", s.command), f("replays", s.replays);
    f("reproduced", s.reproduced);
  }
};

struct CrashFingerprinted {
  static constexpr Topic kTopic = Topic::kCrashFingerprinted;
  std::string found;                    // id of the crash.found event, 32 hex digits
  std::string kind;                     // schema/taxonomy.h
  std::string signature;                // 64 hex digits; the grain that groups
  std::string group;                    // 16 hex digits
  std::vector<std::string> stack;       // normalised functions that count, innermost first
  std::vector<std::string> signatures;  // every grain as "grain=64 hex digits"
  std::string message;                  // assert, exception or UBSan text with numbers masked, or empty
  std::string sanitizer;                // as the report names it, or empty
  std::string access;                   // READ, WRITE or empty
  std::optional<std::uint64_t> access_size;
  std::optional<std::uint64_t> address;
  std::optional<bool> truncated;
  std::optional<std::string> engine;
  std::optional<std::string> artifact;
  std::optional<std::string> artifact_kind;
  std::optional<std::string> build_id;
  std::optional<std::int64_t> exit_code;
  std::optional<std::int64_t> signal;
  std::optional<std::uint64_t> replays;
  std::optional<std::uint64_t> reproduced;
  std::optional<std::uint64_t> pc;                // where the fault happened
  std::optional<std::string> language;            // c, go, java, javascript, python, rust, swift
  std::optional<std::vector<std::string>> marks;  // names of schema/crash_mark.h

  template <class Self, class F>
  static void fields(Self& s, F&& f) {
    f("found", s.found), f("kind", s.kind), f("signature", s.signature), f("group", s.group);
    f("stack", s.stack), f("signatures", s.signatures), f("message", s.message), f("sanitizer", s.sanitizer);
    f("access", s.access), f("access_size", s.access_size), f("address", s.address);
    f("truncated", s.truncated), f("engine", s.engine), f("artifact", s.artifact);
    f("artifact_kind", s.artifact_kind), f("build_id", s.build_id), f("exit_code", s.exit_code);
    f("signal", s.signal), f("replays", s.replays), f("reproduced", s.reproduced);
    f("pc", s.pc), f("language", s.language), f("marks", s.marks);
  }
};

struct CrashClassified {
  static constexpr Topic kTopic = Topic::kCrashClassified;
  std::string found;
  std::string kind;
  std::string signature;
  std::string group;
  std::string severity;  // CRITICAL, HIGH, MEDIUM, LOW
  bool security = false;
  std::string title;
  std::vector<std::string> reasons;
  std::vector<std::string> cwe;
  std::vector<std::string> stack;
  std::string message;
  std::string access;
  std::optional<std::uint64_t> access_size;
  std::optional<std::string> engine;
  std::optional<std::string> artifact;
  std::optional<std::string> build_id;

  template <class Self, class F>
  static void fields(Self& s, F&& f) {
    f("found", s.found), f("kind", s.kind), f("signature", s.signature), f("group", s.group);
    f("severity", s.severity), f("security", s.security), f("title", s.title), f("reasons", s.reasons);
    f("cwe", s.cwe), f("stack", s.stack), f("message", s.message), f("access", s.access);
    f("access_size", s.access_size), f("engine", s.engine), f("artifact", s.artifact);
    f("build_id", s.build_id);
  }
};

// A look at one target, or, when the event names no target, at the node itself: then CPU, memory and
// processes of the fields that must be there are the agent's own, and the fields of the node are set.
struct ResourceSample {
  static constexpr Topic kTopic = Topic::kResourceSample;
  std::uint64_t interval_ms = 0;
  double cpu_percent = 0;  // of one core, from deltas over the interval
  double rss_mb = 0;       // of the process tree, in units of 1,048,576 bytes
  std::uint64_t threads = 0;
  std::uint64_t processes = 0;
  std::string states;  // one letter a process, as /proc/PID/stat has it
  std::optional<std::uint64_t> executions;
  std::optional<double> exec_per_second;
  std::optional<std::uint64_t> coverage;
  std::optional<std::uint64_t> corpus_files;
  std::optional<std::uint64_t> corpus_bytes;
  std::optional<std::uint64_t> crashes;
  std::optional<std::uint64_t> restarts;
  std::optional<std::string> engine;
  std::optional<std::uint64_t> hangs;
  std::optional<std::uint64_t> last_new_path_ms;  // Unix time of the last new path, milliseconds
  std::optional<double> pss_mb;                   // RSS with shared pages divided among their users
  std::optional<std::uint64_t> fds;               // open file descriptors of the tree
  std::optional<std::uint64_t> zombies;           // processes that died and nobody waited for
  std::optional<std::string> state;               // a word of schema/target_state.h
  std::optional<std::string> state_reason;        // a sentence with the numbers that decided
  std::optional<std::uint64_t> oom_kills;         // by the kernel during the interval

  // A sample that stands for several, oldest ones of a spool that was full: the fields above are the mean
  // of rates and the last of counters, `interval_ms` is their sum.
  std::optional<std::uint64_t> merged;  // how many
  std::optional<double> cpu_min, cpu_max;
  std::optional<double> rss_min, rss_max;
  std::optional<double> exec_min, exec_max;

  // Of the node.
  std::optional<double> disk_percent;   // used, of the fullest of the agent's folders
  std::optional<double> disk_free_mb;   // there, for a user who is not root
  std::optional<double> inode_percent;  // used, of the worst of the agent's folders
  std::optional<std::string> disk_path;
  std::optional<double> load1;
  std::optional<double> node_cpu_percent;      // of all cores together: 100 is a node without idle time
  std::optional<double> node_memory_mb;        // in use: total less what is available
  std::optional<double> node_memory_total_mb;  // of the machine, or the limit of the agent's container
  std::optional<double> temperature_c;         // of the hottest sensor
  std::optional<std::uint64_t> cores;

  template <class Self, class F>
  static void fields(Self& s, F&& f) {
    f("interval_ms", s.interval_ms), f("cpu_percent", s.cpu_percent), f("rss_mb", s.rss_mb);
    f("threads", s.threads), f("processes", s.processes), f("states", s.states);
    f("executions", s.executions), f("exec_per_second", s.exec_per_second), f("coverage", s.coverage);
    f("corpus_files", s.corpus_files), f("corpus_bytes", s.corpus_bytes), f("crashes", s.crashes);
    f("restarts", s.restarts), f("engine", s.engine), f("hangs", s.hangs);
    f("last_new_path_ms", s.last_new_path_ms), f("pss_mb", s.pss_mb), f("fds", s.fds);
    f("zombies", s.zombies), f("state", s.state), f("state_reason", s.state_reason);
    f("oom_kills", s.oom_kills), f("merged", s.merged), f("cpu_min", s.cpu_min), f("cpu_max", s.cpu_max);
    f("rss_min", s.rss_min), f("rss_max", s.rss_max), f("exec_min", s.exec_min), f("exec_max", s.exec_max);
    f("disk_percent", s.disk_percent), f("disk_free_mb", s.disk_free_mb);
    f("inode_percent", s.inode_percent), f("disk_path", s.disk_path), f("load1", s.load1);
    f("node_cpu_percent", s.node_cpu_percent), f("node_memory_mb", s.node_memory_mb);
    f("node_memory_total_mb", s.node_memory_total_mb), f("temperature_c", s.temperature_c);
    f("cores", s.cores);
  }
};

// A corpus as it was, or one page of it. Without `snapshot` the event is the whole: its attachments are files of
// the corpus under their names. With it the attachments are "listing" (schema/corpus_listing.h) and, where
// the server lacked some, "files" (store/archive/).
struct CorpusSnapshot {
  static constexpr Topic kTopic = Topic::kCorpusSnapshot;
  std::string engine;
  std::uint64_t files = 0;           // in the corpus
  std::uint64_t bytes = 0;           // in the corpus
  std::uint64_t files_left_out = 0;  // not chosen
  std::string selection;             // the rule that chose the files
  std::optional<std::string> build_id;
  std::optional<std::string> snapshot;        // 16 hex digits, the same on all its pages
  std::optional<std::string> base;            // the listing is the difference to this snapshot
  std::optional<std::uint64_t> page;          // from 0
  std::optional<bool> last;                   // no page has a higher number
  std::optional<std::uint64_t> bytes_left_out;

  template <class Self, class F>
  static void fields(Self& s, F&& f) {
    f("engine", s.engine), f("files", s.files), f("bytes", s.bytes), f("files_left_out", s.files_left_out);
    f("selection", s.selection), f("build_id", s.build_id), f("snapshot", s.snapshot), f("base", s.base);
    f("page", s.page), f("last", s.last), f("bytes_left_out", s.bytes_left_out);
  }
};

struct Heartbeat {
  static constexpr Topic kTopic = Topic::kHeartbeat;
  std::string reason;  // start, hour, stop
  std::string version;
  std::uint64_t uptime_s = 0;
  std::optional<std::uint64_t> spool_events;
  std::optional<std::uint64_t> spool_dropped;
  std::optional<std::string> state;

  template <class Self, class F>
  static void fields(Self& s, F&& f) {
    f("reason", s.reason), f("version", s.version), f("uptime_s", s.uptime_s);
    f("spool_events", s.spool_events), f("spool_dropped", s.spool_dropped), f("state", s.state);
  }
};

struct AlertRaised {
  static constexpr Topic kTopic = Topic::kAlertRaised;
  std::string alert;     // what it is: group.new, group.worse, group.returned, target.state, node.disk, …
  std::string subject;   // whom it is about: a group or node/target
  std::string severity;  // CRITICAL, HIGH, MEDIUM, LOW
  std::string title;
  std::string text;
  std::optional<std::uint64_t> count;
  std::optional<std::string> kind;

  template <class Self, class F>
  static void fields(Self& s, F&& f) {
    f("alert", s.alert), f("subject", s.subject), f("severity", s.severity), f("title", s.title);
    f("text", s.text), f("count", s.count), f("kind", s.kind);
  }
};

// In the order of Topic, so that the index is the topic.
using Body = std::variant<CrashFound, CrashFingerprinted, CrashClassified, ResourceSample, CorpusSnapshot,
                          Heartbeat, AlertRaised>;

struct Event {
  EventId id;
  std::string node;
  std::string target;         // may be empty: the event is about the node
  std::uint64_t time_ms = 0;  // Unix time of the producer's clock, milliseconds
  std::vector<AttachmentRef> attachments;
  Body body;

  Topic topic() const { return static_cast<Topic>(body.index()); }
  const AttachmentRef* attachment(std::string_view name) const;
};

// [A-Za-z0-9._-]{1,64}, not starting with a dot: safe in a key, a path and a table.
bool valid_name(std::string_view name);

}  // namespace fuzzmill::schema
