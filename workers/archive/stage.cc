#include "workers/archive/stage.h"

#include <algorithm>
#include <atomic>
#include <optional>
#include <thread>

#include "runtime/log.h"
#include "schema/digest.h"
#include "workers/archive/whole_snapshot.h"

namespace fuzzmill::workers {
namespace {

// Nearly all the time of writing goes into waiting for the disk, and a file system's journal commits in one
// go what several wait for.
constexpr std::size_t kWriters = 8;

constexpr std::size_t kMostAwaited = 10'000;

// What is wrong with a delivery for good, or nothing.
std::optional<std::string> problem_of(const schema::Event& event) {
  const bool snapshot = std::holds_alternative<schema::CorpusSnapshot>(event.body);
  const auto* crash = std::get_if<schema::CrashClassified>(&event.body);
  if (!snapshot && crash == nullptr) return "stage archive takes crash.classified and corpus.snapshot only";
  if (!schema::valid_name(event.target)) return "nothing to archive under: the event names no target";
  if (snapshot) return problem_of_page(event);
  if (!store::valid_group(crash->group)) return "crash.classified: field group is not 16 hex digits";
  if (!store::valid_signature(crash->signature))
    return "crash.classified: field signature is not 64 hex digits";
  return std::nullopt;
}

// Inputs are named by what they are, not by what the event says they are.
store::CrashFiles files_of(const broker::Delivery& delivery) {
  store::CrashFiles files;
  if (const std::string* input = delivery.attachment("input")) {
    files.input = *input;
    files.input_sha256 = schema::sha256_hex(*input);
  }
  if (const std::string* report = delivery.attachment("report")) files.report = *report;
  return files;
}

CareOptions care_of(const ArchiveOptions& options) {
  CareOptions care = options.care;
  care.crashes = options.root;
  return care;
}

}  // namespace

ArchiveStage::ArchiveStage(store::RedisAddress redis, Clock now, ArchiveOptions options)
    : redis_(std::move(redis)),
      now_(std::move(now)),
      crashes_(options.root),
      corpora_(options.corpora),
      build_(options.build),
      care_(*options.corpora, options.build, care_of(options)) {
  limits_.kept_inputs = std::max<std::size_t>(1, options.kept_inputs);
}

Outcomes ArchiveStage::handle(Deliveries& deliveries) {
  Outcomes outcomes(deliveries.size());
  std::vector<std::size_t> crashes, snapshots;
  for (std::size_t i = 0; i < deliveries.size(); ++i) {
    const schema::Event& event = deliveries[i].event;
    if (auto problem = problem_of(event)) {
      outcomes[i] = schema::Outcome::never(*problem);
    } else {
      (event.topic() == schema::Topic::kCrashClassified ? crashes : snapshots).push_back(i);
    }
  }
  handle_crashes(deliveries, crashes, outcomes);
  for (const std::size_t place : snapshots) {
    if (auto done = handle_snapshot(deliveries[place]); !done) outcomes[place] = outcome_of(done.error());
  }
  return outcomes;
}

ArchiveStage::Groups ArchiveStage::plan(Deliveries& deliveries, const std::vector<std::size_t>& places,
                                        Outcomes& outcomes) {
  std::vector<store::ArchiveRequest> requests;
  std::vector<store::CrashFiles> files;
  for (const std::size_t place : places) {
    const schema::Event& event = deliveries[place].event;
    const auto& crash = std::get<schema::CrashClassified>(event.body);
    files.push_back(files_of(deliveries[place]));
    requests.push_back(
        {crash.group, crash.signature, event.target, files.back().input_sha256, files.back().input.size()});
  }
  const auto plans =
      each_or_all<store::ArchivePlan>(requests, [&](const std::vector<store::ArchiveRequest>& batch) {
        return redis_.use(
            [&](store::Redis& redis) { return store::CrashIndex(redis, limits_).plan_archive(batch); });
      });
  Groups groups;
  for (std::size_t i = 0; i < places.size(); ++i) {
    if (plans[i]) {
      groups[plans[i]->group].push_back({places[i], files[i], *plans[i]});
    } else {
      outcomes[places[i]] = outcome_of(plans[i].error());
    }
  }
  return groups;
}

bool ArchiveStage::worth_writing(const std::string& group, const std::vector<Crash>& crashes) const {
  const store::ArchivePlan& last = crashes.back().plan;
  if (last.archived_ms == 0 || last.archived_severity != last.severity) return true;
  if (now_() >= last.archived_ms + kMetaRefreshMs) return true;
  // Redis may know an input that a worker died before it wrote: the disk is asked, not Redis.
  return std::any_of(crashes.begin(), crashes.end(), [&](const Crash& crash) {
    return crash.plan.keep_input && !crashes_.has_input(crash.plan.target, group, crash.files.input_sha256);
  });
}

schema::Result<store::ArchivedGroup> ArchiveStage::write(const std::string& group,
                                                         const std::vector<Crash>& crashes) {
  std::map<std::string, store::CrashFiles> files;  // the last of each input has its newest report
  for (const Crash& crash : crashes) {
    const bool keep = crash.files.input_sha256.empty() || crash.plan.keep_input;
    if (keep) files[crash.files.input_sha256] = crash.files;
  }
  std::vector<store::CrashFiles> list;
  for (auto& [sha256, file] : files) list.push_back(std::move(file));
  const std::string& target = crashes.back().plan.target;
  if (auto put = crashes_.put(target, group, list); !put) return std::move(put).error();
  const auto facts = [&] {
    const std::lock_guard lock(redis_mutex_);
    return redis_.use([&](store::Redis& redis) { return store::CrashIndex(redis, limits_).show(group); });
  };
  const auto known = crashes_.settle(target, group, facts, now_());
  if (!known) return known.error();
  return store::ArchivedGroup{group, crashes_.folder(target, group), known->row.severity, now_()};
}

std::map<std::string, schema::Result<store::ArchivedGroup>> ArchiveStage::write_all(const Groups& groups) {
  std::vector<const Groups::value_type*> waiting;
  for (const auto& entry : groups) {
    if (worth_writing(entry.first, entry.second)) waiting.push_back(&entry);
  }
  std::map<std::string, schema::Result<store::ArchivedGroup>> results;
  std::mutex results_mutex;
  std::atomic<std::size_t> next{0};
  const auto work = [&] {
    for (std::size_t i; (i = next++) < waiting.size();) {
      auto result = write(waiting[i]->first, waiting[i]->second);
      const std::lock_guard lock(results_mutex);
      results.emplace(waiting[i]->first, std::move(result));
    }
  };
  std::vector<std::jthread> others;
  for (std::size_t i = 1; i < std::min(kWriters, waiting.size()); ++i) others.emplace_back(work);
  work();
  others.clear();  // joins
  return results;
}

void ArchiveStage::handle_crashes(Deliveries& deliveries, const std::vector<std::size_t>& places,
                                  Outcomes& outcomes) {
  const Groups groups = plan(deliveries, places, outcomes);
  const auto answer = [&](const std::string& group, const schema::Error& error) {
    for (const Crash& crash : groups.at(group)) outcomes[crash.place] = outcome_of(error);
  };
  std::vector<store::ArchivedGroup> written;
  for (auto& [group, done] : write_all(groups)) {
    if (done) {
      written.push_back(std::move(done).value());
    } else {
      answer(group, done.error());
    }
  }
  if (written.empty()) return;
  // The path stands in Redis only after the files are on the disk.
  const auto status =
      redis_.use([&](store::Redis& redis) { return store::CrashIndex(redis, limits_).archived(written); });
  if (status.ok()) return;
  for (const store::ArchivedGroup& group : written) answer(group.group, status.error());
}

schema::Status ArchiveStage::handle_snapshot(const broker::Delivery& delivery) {
  std::optional<WholeSnapshot> whole;  // of an event that is not a page
  if (!std::get<schema::CorpusSnapshot>(delivery.event.body).snapshot) {
    auto made = page_of_whole(delivery);
    if (!made) return std::move(made).error();
    whole = std::move(*made);
  }
  const schema::Event& event = whole ? whole->event : delivery.event;
  const std::string* listing = whole ? &whole->listing : delivery.attachment("listing");
  const std::string* files = whole ? &whole->files : delivery.attachment("files");
  if (listing == nullptr) return schema::invalid("corpus.snapshot: attachment listing is missing");
  const auto& body = std::get<schema::CorpusSnapshot>(event.body);
  const StagedName name{event.target, event.node, *body.snapshot};
  return redis_.use([&](store::Redis& redis) -> schema::Status {
    CorpusBuilder builder(*corpora_, redis, build_);
    const auto archived = builder.archived(name);
    if (!archived) return archived.error();
    if (*archived) return {};  // delivered again
    const auto contents = Staging(*corpora_).put(event, *listing, files == nullptr ? "" : *files);
    if (!contents) return contents.error();
    if (auto added = store::CorpusCatalog(redis).add_have(event.target, *contents); !added) return added;
    if (!body.last.value_or(false) && !awaited_.contains(name)) return {};
    awaited_.insert(name);
    auto built = builder.build(name, now_());
    if (!built) return std::move(built).error();
    if (*built) awaited_.erase(name);
    if (awaited_.size() > kMostAwaited) awaited_.clear();  // the next tick finds them
    return {};
  });
}

void ArchiveStage::tick(std::chrono::milliseconds) {
  const auto done = redis_.use([&](store::Redis& redis) { return care_.tend(redis, now_()); });
  if (!done) runtime::log_warn("corpus archives wait for care", {{"error", done.error().message}});
}

}  // namespace fuzzmill::workers
