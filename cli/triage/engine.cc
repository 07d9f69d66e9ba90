#include "cli/triage/engine.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <mutex>
#include <set>
#include <thread>
#include <unordered_map>

#include "workers/fingerprint/group/grouping.h"

namespace fuzzmill::cli {
namespace {

using schema::Severity;

constexpr std::size_t kBlock = 256;  // files whose crashes are in memory at a time, in the second pass

// What the first pass keeps of a crash.
struct Entry {
  std::uint32_t file = 0;
  std::uint32_t number = 0;
  Severity severity = Severity::kLow;
  bool security = false;
  std::uint32_t face = 0;  // in the table
};

// Each different face with each build that showed it: of a hundred thousand reports a few thousand.
class FaceTable {
 public:
  struct Row {
    workers::Shown shown;
    std::string id;  // of a group of its own
  };

  // The number of the print's face; any thread may call. Numbers depend on who comes first.
  std::uint32_t add(const workers::Fingerprint& print) {
    std::string key = print.signature + print.shown.build;
    const std::scoped_lock lock(mutex_);
    const auto [at, fresh] = numbers_.try_emplace(std::move(key), static_cast<std::uint32_t>(rows_.size()));
    if (fresh) rows_.push_back({print.shown, print.group});
    return at->second;
  }
  std::vector<Row> take() { return std::move(rows_); }  // once nobody adds any more

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, std::uint32_t> numbers_;
  std::vector<Row> rows_;
};

// A file's crashes with what each writer made ready of them: by crash, then by writer.
struct Prepared {
  std::vector<TriagedCrash> crashes;
  std::vector<std::vector<std::string>> texts;
};

workers::CrashFacts facts_of(const workers::Fingerprint& print) {
  workers::CrashFacts facts;
  facts.kind = print.report.kind, facts.access = print.report.access;
  facts.access_size = print.report.access_size, facts.address = print.report.address;
  facts.sanitizer = print.report.sanitizer, facts.language = print.report.language;
  facts.signal = print.report.signal, facts.marks = print.report.marks;
  facts.pc = print.report.pc, facts.stack = print.stack.names(), facts.message = print.report.message;
  return facts;
}

// Calls work(i) for each i below `count` on so many threads.
void each(std::size_t count, std::size_t jobs, const std::function<void(std::size_t)>& work) {
  std::atomic<std::size_t> next = 0;
  const auto loop = [&] {
    for (std::size_t i = next++; i < count; i = next++) work(i);
  };
  std::vector<std::jthread> threads;
  for (std::size_t i = 1; i < std::min(jobs, count); ++i) threads.emplace_back(loop);
  loop();
}

// An input that no log explains is no crash: what a fuzzer saved says nothing about what went wrong.
bool is_input(const std::string& path, std::string_view text, const std::vector<TriagedCrash>& crashes) {
  const bool read = std::any_of(crashes.begin(), crashes.end(), [](const TriagedCrash& crash) {
    return crash.print.report.kind != schema::kUnknownKind || !crash.print.report.frames.empty();
  });
  if (read) return false;
  const auto slash = path.rfind('/');
  return is_artifact_name(std::string_view(path).substr(slash == std::string::npos ? 0 : slash + 1)) ||
         looks_binary(text);
}

class Pass {
 public:
  Pass(const FileSet& files, const TriageOptions& options) : files_(files), options_(options) {}

  void read_all();
  void group();
  schema::Status write_all(const std::vector<TriageWriter*>& writers);
  TriageCounts counts() const { return counts_; }

 private:
  std::vector<TriagedCrash> crashes_of(std::size_t file, bool count);
  Prepared prepare(std::size_t file, const std::vector<TriageWriter*>& writers);
  schema::Status write(const Prepared& prepared, std::size_t file, const std::vector<TriageWriter*>& writers);
  void tell(std::size_t done) const {
    if (options_.tell) options_.tell(done, 2 * files_.paths().size());
  }
  void note(const TriagedCrash& crash, const Entry& entry, TriagedGroup& group);

  const FileSet& files_;
  const TriageOptions& options_;
  std::mutex mutex_;
  TriageCounts counts_;
  FaceTable faces_;
  std::vector<std::vector<Entry>> entries_;           // by file
  std::vector<std::vector<std::uint32_t>> group_of_;  // by file and number
  std::vector<TriagedGroup> groups_;
};

std::vector<TriagedCrash> Pass::crashes_of(std::size_t file, bool count) {
  const std::string& path = files_.paths()[file];
  auto text = read_report_file(path);
  if (!text) {
    const std::scoped_lock lock(mutex_);
    if (count) counts_.unreadable.push_back(text.error().message);
    return {};
  }
  auto crashes = read_crashes(path, *text, options_.rules);
  if (is_input(path, *text, crashes)) {
    const std::scoped_lock lock(mutex_);
    if (count) ++counts_.inputs;
    return {};
  }
  const std::string_view input = input_of(path, *text, files_);
  for (TriagedCrash& crash : crashes) crash.input = input;
  return crashes;
}

void Pass::read_all() {
  entries_.resize(files_.paths().size());
  std::atomic<std::size_t> done = 0;
  each(entries_.size(), options_.jobs, [&](std::size_t file) {
    for (const TriagedCrash& crash : crashes_of(file, true)) {
      entries_[file].push_back({static_cast<std::uint32_t>(file), static_cast<std::uint32_t>(crash.number),
                                crash.verdict.severity, crash.verdict.security, faces_.add(crash.print)});
    }
    tell(++done);
  });
  counts_.files = files_.paths().size();
}

void Pass::group() {
  // In the order of the files, whichever thread came first.
  std::vector<FaceTable::Row> rows = faces_.take();
  constexpr std::uint32_t kNone = UINT32_MAX;
  std::vector<std::uint32_t> place(rows.size(), kNone);
  std::vector<workers::Shown> shown;
  for (auto& of_file : entries_) {
    for (Entry& entry : of_file) {
      std::uint32_t& at = place[entry.face];
      if (at == kNone) {
        at = static_cast<std::uint32_t>(shown.size());
        shown.push_back(std::move(rows[entry.face].shown));
      }
    }
  }
  const workers::Grouping grouping = workers::group_faces(shown);
  groups_.resize(grouping.reasons.size());
  for (std::size_t i = 0; i < rows.size(); ++i) {
    // The smallest of the ids that its members would have alone: the order of files does not matter.
    std::string& id = groups_[grouping.group_of[place[i]]].id;
    if (id.empty() || rows[i].id < id) id = rows[i].id;
  }
  group_of_.resize(entries_.size());
  for (std::size_t file = 0; file < entries_.size(); ++file) {
    for (const Entry& entry : entries_[file]) group_of_[file].push_back(grouping.group_of[place[entry.face]]);
    counts_.crashes += entries_[file].size();
  }
  for (std::size_t i = 0; i < groups_.size(); ++i) {
    groups_[i].reasons.assign(grouping.reasons[i].begin(), grouping.reasons[i].end());
  }
  counts_.groups = groups_.size();
}

void Pass::note(const TriagedCrash& crash, const Entry& entry, TriagedGroup& group) {
  const auto weight = [](const auto& one) { return std::pair(one.severity, one.security); };
  const auto before = weight(group.representative.verdict);
  // Of crashes as bad as each other, one that can be reproduced.
  const bool mended = group.representative.input.empty() && !crash.input.empty() && weight(entry) == before;
  if (group.crashes == 0 || weight(entry) > before || mended) {
    group.representative = crash;
  }
  group.severity = std::max(group.severity, entry.severity);
  group.security = group.security || entry.security;
  ++group.crashes;
  if (group.members.empty() || group.members.back() != crash.path) group.members.push_back(crash.path);
  if (!crash.input.empty()) group.inputs.push_back(crash.input);
  if (std::find(group.kinds.begin(), group.kinds.end(), crash.print.report.kind) == group.kinds.end())
    group.kinds.push_back(crash.print.report.kind);
}

Prepared Pass::prepare(std::size_t file, const std::vector<TriageWriter*>& writers) {
  Prepared out;
  if (entries_[file].empty()) return out;
  out.crashes = crashes_of(file, false);
  // The file may have changed between the passes.
  out.crashes.resize(std::min(out.crashes.size(), group_of_[file].size()));
  for (std::size_t i = 0; i < out.crashes.size(); ++i) {
    out.crashes[i].group = groups_[group_of_[file][i]].id;
    auto& texts = out.texts.emplace_back();
    for (const TriageWriter* writer : writers) texts.push_back(writer->prepare(out.crashes[i]));
  }
  return out;
}

schema::Status Pass::write(const Prepared& prepared, std::size_t file,
                           const std::vector<TriageWriter*>& writers) {
  for (std::size_t i = 0; i < prepared.crashes.size(); ++i) {
    note(prepared.crashes[i], entries_[file][i], groups_[group_of_[file][i]]);
    for (std::size_t k = 0; k < writers.size(); ++k) {
      if (auto written = writers[k]->crash(prepared.crashes[i], prepared.texts[i][k]); !written)
        return written;
    }
  }
  return {};
}

schema::Status Pass::write_all(const std::vector<TriageWriter*>& writers) {
  for (TriageWriter* writer : writers) {
    if (auto begun = writer->begin(); !begun) return begun;
  }
  const std::size_t all = files_.paths().size();
  for (std::size_t start = 0; start < all; start += kBlock) {
    std::vector<Prepared> block(std::min(kBlock, all - start));
    each(block.size(), options_.jobs, [&](std::size_t i) { block[i] = prepare(start + i, writers); });
    for (std::size_t i = 0; i < block.size(); ++i) {
      if (auto written = write(block[i], start + i, writers); !written) return written;
    }
    tell(all + start + block.size());
  }
  std::stable_sort(groups_.begin(), groups_.end(), [](const TriagedGroup& a, const TriagedGroup& b) {
    return std::tuple(a.severity, a.security, a.crashes) > std::tuple(b.severity, b.security, b.crashes);
  });
  for (TriageWriter* writer : writers) {
    if (auto finished = writer->finish(groups_); !finished) return finished;
  }
  return {};
}

}  // namespace

std::vector<TriagedCrash> read_crashes(const std::string& path, std::string_view text,
                                       const ProjectRules& rules) {
  auto prints = workers::fingerprint_all({text, {}, {}, &rules.frames});
  std::vector<TriagedCrash> crashes(prints.all.size());
  for (std::size_t i = 0; i < crashes.size(); ++i) {
    TriagedCrash& crash = crashes[i];
    crash.path = path, crash.number = i, crash.primary = i == prints.primary;
    crash.print = std::move(prints.all[i]);
    crash.verdict = workers::classify(facts_of(crash.print), rules.severities);
  }
  return crashes;
}

schema::Result<TriageCounts> triage(const FileSet& files, const TriageOptions& options,
                                    const std::vector<TriageWriter*>& writers) {
  Pass pass(files, options);
  pass.read_all();
  pass.group();
  if (auto written = pass.write_all(writers); !written) return written.error();
  return pass.counts();
}

}  // namespace fuzzmill::cli
