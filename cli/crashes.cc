#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/commands.h"
#include "cli/crash_export.h"
#include "cli/data_folder.h"
#include "cli/screen.h"
#include "cli/show.h"
#include "cli/views.h"
#include "runtime/printable.h"
#include "workers/classify/priority.h"

namespace fuzzmill::cli {
namespace {

constexpr std::size_t kPage = 500;      // groups read in one call
constexpr std::size_t kQueue = 10'000;  // of the latest groups, which are put in order

// Who gives a verdict: the user of this process at this machine.
std::string user_at_host() {
  char host[256] = {};
  if (gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  const passwd* user = getpwuid(geteuid());
  return fmt::format("{}@{}", user == nullptr ? std::to_string(geteuid()) : user->pw_name, host);
}

class Crashes final : public Command {
 public:
  void declare(runtime::Options& options) override {
    options.positional(
        "ACTION", action_,
        "list; of a group: show, resolve, reopen, merge, unmerge, export; of one or all: verify");
    options.positional("ID", id_, "a group's id, or as many of its first digits as make it plain");
    options.positionals("OTHER", others_, "of merge: the groups that become part of ID");
    redis_.declare(options);
    options.choice("severity", filter_.severity, {"CRITICAL", "HIGH", "MEDIUM", "LOW"},
                   "only groups of this severity");
    options.text("target", filter_.target, "NAME", "only groups that this target crashed in");
    options.text("node", filter_.node, "NAME", "only groups that this node found");
    options.text("kind", filter_.kind, "KIND", "only groups of this kind, such as heap-buffer-overflow");
    options.text("state", filter_.state, "STATE", "only groups in this state: new, open, resolved, returned");
    options.number("limit", limit_, "groups at most, the first of the queue");
    options.flag("explain", explain_, "of list: how each group came to its place in the queue").only_flag();
    options.text("because", because_, "TEXT", "of resolve and reopen: the reason, kept with the group")
        .only_flag();
    options.text("why", because_, "TEXT", "of merge and unmerge: the same").only_flag();
    options.text("who", who_, "NAME", "whose word it is; where none is given, the user of this machine")
        .only_flag();
    options.text("to", to_, "DIR", "of export: the folder that the bundle goes into").only_flag();
    options.text("archive", archive_, "DIR",
                 "of verify: where crash archives lie; where none is given, archive/ of --data");
    options.flag("json", json_, "for programs");
  }

  schema::Result<ExitCode> run() override {
    struct Action {
      std::string_view name;
      schema::Result<ExitCode> (Crashes::*run)();
    };
    static constexpr std::array kActions = {Action{"list", &Crashes::list},
                                            Action{"show", &Crashes::show},
                                            Action{"resolve", &Crashes::resolve},
                                            Action{"reopen", &Crashes::reopen},
                                            Action{"merge", &Crashes::merge},
                                            Action{"unmerge", &Crashes::unmerge},
                                            Action{"export", &Crashes::export_bundle},
                                            Action{"verify", &Crashes::verify}};
    const auto action =
        std::find_if(kActions.begin(), kActions.end(), [&](const auto& one) { return one.name == action_; });
    if (action == kActions.end()) {
      return schema::invalid(
          fmt::format("'{}' is none of list, show, resolve, reopen, merge, unmerge, export, verify",
                      runtime::printable(action_)));
    }
    if (action_ == "list" && !id_.empty()) return schema::invalid("list takes no ID; did you mean show?");
    if (action_ != "list" && action_ != "verify" && id_.empty()) {
      return schema::invalid(
          fmt::format("{} wants the ID of a group: `fuzzmill crashes` lists them", action_));
    }
    if (action_ != "merge" && !others_.empty()) {
      return schema::invalid(fmt::format("{} takes one ID", action_));
    }
    if (who_.empty()) who_ = user_at_host();
    return (this->*action->run)();
  }

 private:
  schema::Result<ExitCode> list() {
    auto page = read();
    if (!page) return page.error();
    const auto now = runtime::unix_ms();
    auto& rows = page->rows;
    sort_groups(rows, now);
    const std::size_t total = rows.size();
    rows.resize(std::min<std::size_t>(total, limit_));
    if (json_) {
      print_json(list_json(*page, total, now));
      return ExitCode::kOk;
    }
    if (explain_) print(fmt::format("{}\nResolved groups come last.\n\n", workers::priority_formula()));
    if (rows.empty()) {
      print("no crashes\n");
    } else {
      print(explain_ ? explained_table(rows, now) : groups_table(rows, now));
    }
    if (rows.size() < total) {
      fmt::print(stderr, "the first {} of {} groups: see more with --limit\n", rows.size(), total);
    }
    if (!page->cursor.empty()) fmt::print(stderr, "only the latest {} groups were put in order\n", kQueue);
    return ExitCode::kOk;
  }

  nlohmann::json list_json(const store::GroupPage& page, std::size_t total, std::uint64_t now) const {
    nlohmann::json out = groups_json(page.rows, page.cursor);
    for (std::size_t i = 0; i < page.rows.size(); ++i) {
      nlohmann::json priority = priority_json(page.rows[i], now);
      out["groups"][i]["priority"] = priority["value"];
      if (explain_) out["groups"][i]["priority_factors"] = std::move(priority);
    }
    out["total"] = total;
    if (explain_) out["priority_formula"] = workers::priority_formula();
    return out;
  }

  schema::Result<store::GroupPage> read() {
    const Progress progress("reading crash groups");
    auto redis = redis_.connect();
    if (!redis) return redis.error();
    store::CrashIndex index(*redis);
    store::GroupPage all;
    do {
      auto page = index.list(filter_, std::min<std::size_t>(kPage, kQueue - all.rows.size()), all.cursor);
      if (!page) return page.error();
      for (auto& row : page->rows) all.rows.push_back(std::move(row));
      all.cursor = std::move(page->cursor);
    } while (!all.cursor.empty() && all.rows.size() < kQueue);
    return all;
  }

  schema::Result<store::GroupDetail> read_group() {
    const Progress progress("reading a crash group");
    auto redis = redis_.connect();
    if (!redis) return redis.error();
    store::CrashIndex index(*redis);
    const auto group = index.find(id_);
    if (!group) return group.error();
    return index.show(*group);
  }

  schema::Result<ExitCode> show() {
    const auto detail = read_group();
    if (!detail) return detail.error();
    if (json_) {
      print_json(group_detail_json(*detail));
    } else {
      print(group_text(*detail, runtime::unix_ms()));
    }
    return ExitCode::kOk;
  }

  schema::Result<ExitCode> resolve() {
    if (because_.empty()) {
      return schema::invalid("resolve wants --because TEXT: what was done, for the next who looks");
    }
    return judge("resolved");
  }

  schema::Result<ExitCode> reopen() { return judge("open"); }

  schema::Result<ExitCode> judge(const std::string& state) {
    auto redis = redis_.connect();
    if (!redis) return redis.error();
    store::CrashIndex index(*redis);
    const auto group = index.find(id_);
    if (!group) return group.error();
    const auto done = index.set_state(*group, {state, because_, who_}, runtime::unix_ms());
    if (!done) return done.error();
    if (json_) {
      print_json({{"id", *group}, {"state", state}});
    } else {
      print(fmt::format("{} is {}\n", *group, state));
    }
    return ExitCode::kOk;
  }

  schema::Result<ExitCode> merge() {
    if (others_.empty()) return schema::invalid("merge wants two groups or more: ID and OTHER");
    if (because_.empty())
      return schema::invalid("merge wants --why TEXT: how you know, for the next who looks");
    auto redis = redis_.connect();
    if (!redis) return redis.error();
    store::CrashIndex index(*redis);
    std::vector<std::string> ids;  // all are found before anything happens
    for (const std::string& prefix : others_) {
      auto other = index.find(prefix);
      if (!other) return other.error();
      ids.push_back(std::move(*other));
    }
    const auto group = index.find(id_);
    if (!group) return group.error();
    std::string top;
    for (const std::string& other : ids) {
      const auto done = index.merge(*group, other, {who_, because_}, runtime::unix_ms());
      if (!done) return done.error();
      top = *done;
      if (!json_) print(fmt::format("{} is part of {}\n", other, top));
    }
    if (json_) print_json({{"id", top}, {"merged", ids}});
    return ExitCode::kOk;
  }

  schema::Result<ExitCode> unmerge() {
    if (because_.empty()) {
      return schema::invalid("unmerge wants --why TEXT: how you know, for the next who looks");
    }
    auto redis = redis_.connect();
    if (!redis) return redis.error();
    store::CrashIndex index(*redis);
    const auto group = index.find(id_);
    if (!group) return group.error();
    const auto from = index.unmerge(*group, {who_, because_}, runtime::unix_ms());
    if (!from) return from.error();
    if (json_) {
      print_json({{"id", *group}, {"from", *from}});
    } else {
      print(fmt::format("{} is a group of its own again, out of {}\n", *group, *from));
    }
    return ExitCode::kOk;
  }

  schema::Result<ExitCode> export_bundle() {
    if (to_.empty()) return schema::invalid("export wants --to DIR: the folder that the bundle goes into");
    const auto detail = read_group();
    if (!detail) return detail.error();
    std::optional<Progress> progress("writing a bundle");
    const auto done = export_group(*detail, to_);
    if (!done) return done.error();
    progress.reset();
    if (json_) {
      print_json({{"id", detail->row.group}, {"folder", *done}});
    } else {
      print(fmt::format("{}\n", *done));
    }
    return ExitCode::kOk;
  }

  schema::Result<ExitCode> verify() {
    const auto root = archive_.empty() ? redis_.folder().archive().string() : archive_;
    std::optional<std::string> id;
    if (!id_.empty()) id = id_;
    auto redis = redis_.connect();
    if (!redis) return redis.error();
    const auto rows = verify_crashes(*redis, root, id);
    if (!rows) return rows.error();
    std::size_t bad = 0;
    nlohmann::json list = nlohmann::json::array();
    for (const auto& row : *rows) {
      bad += row.problems.empty() ? 0 : 1;
      list.push_back(
          {{"id", row.group}, {"inputs", row.inputs}, {"bytes", row.bytes}, {"problems", row.problems}});
      if (json_) continue;
      for (const auto& problem : row.problems)
        print(fmt::format("BAD   {}  {}\n", row.group, runtime::printable(problem)));
    }
    if (json_) {
      print_json({{"groups", list}, {"bad", bad}});
    } else {
      print(fmt::format("{} crash archives read, {} of them bad\n", rows->size(), bad));
    }
    return bad == 0 ? ExitCode::kOk : ExitCode::kFound;
  }

  std::string action_ = "list", id_, because_, who_, to_, archive_;
  std::vector<std::string> others_;
  RedisOptions redis_;
  store::GroupFilter filter_;
  std::uint64_t limit_ = 50;
  bool json_ = false, explain_ = false;
};

}  // namespace

CommandRow crashes_command() {
  return {
      {"crashes", "Lists the groups of crashes; shows, resolves, reopens, merges or takes one apart",
       "list is the queue: what to look at first stands first, by severity, reproducibility, newness and "
       "spread;\n--explain shows the formula and each group's factors. FIRST and LAST are how long ago.\n"
       "A resolved group that crashes again is `returned`, and people are alerted. show tells who resolved "
       "it, when and why.\n\n"
       "export writes the group's archive as a bundle, with repro.sh and repro.gdb. verify reads every "
       "archived input.\n\n"
       "merge makes each OTHER part of ID: one group in lists, counts, severity (the worst) and alerts; ID's "
       "state\ngoes on. unmerge takes ID out again, with its own state and all it counted since. Workers "
       "merge "
       "new\nsignatures, too, and never undo what a person did; show tells every part and the history.\n\n"
       "list --json: {\"groups\": [GROUP], \"total\": number, \"cursor\": text, empty when all were put in "
       "order}, where GROUP is {\"id\", "
       "\"kind\",\n"
       "  \"title\", \"severity\", \"security\": bool, \"priority\": number, \"state\", \"state_because\", "
       "\"state_by\", \"state_ms\",\n"
       "  \"count\", \"nodes\": {name: count}, \"targets\": {name: count},\n"
       "  \"first_seen_ms\", \"last_seen_ms\", \"cwe\": [text], \"reasons\": [text],\n"
       "  \"archive\": folder or \"\", \"archived_ms\", \"alerted\": alert or \"\", \"alerted_severity\", "
       "\"alerted_ms\",\n"
       "  \"replays\", \"reproduced\", \"members\": number of parts, \"merged_into\": id or \"\", "
       "\"merged_by\", \"merged_because\", \"merged_ms\"}\n"
       "  --explain adds \"priority_factors\": {\"value\", \"severity\", \"reproducibility\", \"newness\", "
       "\"spread\", \"text\"}, and \"priority_formula\"\n"
       "show --json: GROUP with \"signatures\": [text], \"inputs\": [{\"sha256\", \"size\"}], \"expires_s\", "
       "\"parts\": [GROUP],\n"
       "  \"history\": [{\"ms\", \"action\", \"group\", \"state\", \"by\", \"because\"}]\n"
       "resolve --json, reopen --json: {\"id\", \"state\"}; merge --json: {\"id\", \"merged\": [id]}; "
       "unmerge --json: {\"id\", \"from\"}; export --json: {\"id\", \"folder\"}\n"
       "verify --json: {\"groups\": [{\"id\", \"inputs\", \"bytes\", \"problems\": [text]}], \"bad\": "
       "number}",
       "fuzzmill crashes resolve 3f2a --because 'mended in 1a2b3c'\n"
       "fuzzmill crashes merge 3f2a 91c0 --why 'same lock, two callers'"},
      make_command<Crashes>};
}

}  // namespace fuzzmill::cli
