#include <fmt/format.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/commands.h"
#include "cli/data_folder.h"
#include "cli/screen.h"
#include "cli/show.h"
#include "cli/views.h"
#include "runtime/printable.h"

namespace fuzzmill::cli {
namespace {

constexpr std::size_t kPage = 500;  // groups read in one call

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
    options.positional("ACTION", action_, "list; or, of one group: show, resolve, reopen");
    options.positional("ID", id_, "a group's id, or as many of its first digits as make it plain");
    redis_.declare(options);
    options.choice("severity", filter_.severity, {"CRITICAL", "HIGH", "MEDIUM", "LOW"},
                   "only groups of this severity");
    options.text("target", filter_.target, "NAME", "only groups that this target crashed in");
    options.text("node", filter_.node, "NAME", "only groups that this node found");
    options.text("kind", filter_.kind, "KIND", "only groups of this kind, such as heap-buffer-overflow");
    options.text("state", filter_.state, "STATE", "only groups in this state: new, open, resolved, returned");
    options.number("limit", limit_, "groups at most, those with the latest crashes first");
    options.text("because", because_, "TEXT", "of resolve and reopen: the reason, kept with the group")
        .only_flag();
    options.flag("json", json_, "for programs");
  }

  schema::Result<ExitCode> run() override {
    struct Action {
      std::string_view name;
      schema::Result<ExitCode> (Crashes::*run)();
    };
    static constexpr std::array kActions = {Action{"list", &Crashes::list}, Action{"show", &Crashes::show},
                                            Action{"resolve", &Crashes::resolve},
                                            Action{"reopen", &Crashes::reopen}};
    const auto action =
        std::find_if(kActions.begin(), kActions.end(), [&](const auto& one) { return one.name == action_; });
    if (action == kActions.end()) {
      return schema::invalid(
          fmt::format("'{}' is none of list, show, resolve, reopen", runtime::printable(action_)));
    }
    if (action_ == "list" && !id_.empty()) return schema::invalid("list takes no ID; did you mean show?");
    if (action_ != "list" && id_.empty()) {
      return schema::invalid(
          fmt::format("{} wants the ID of a group: `fuzzmill crashes` lists them", action_));
    }
    return (this->*action->run)();
  }

 private:
  schema::Result<ExitCode> list() {
    auto page = read();
    if (!page) return page.error();
    sort_groups(page->rows);
    if (json_) {
      print_json(groups_json(page->rows, page->cursor));
    } else if (page->rows.empty()) {
      print("no crashes\n");
    } else {
      print(groups_table(page->rows, runtime::unix_ms()));
      if (!page->cursor.empty())
        fmt::print(stderr, "only the latest {} groups: see more with --limit\n", page->rows.size());
    }
    return ExitCode::kOk;
  }

  schema::Result<store::GroupPage> read() {
    const Progress progress("reading crash groups");
    auto redis = redis_.connect();
    if (!redis) return redis.error();
    store::CrashIndex index(*redis);
    store::GroupPage all;
    do {
      auto page = index.list(filter_, std::min<std::size_t>(kPage, limit_ - all.rows.size()), all.cursor);
      if (!page) return page.error();
      for (auto& row : page->rows) all.rows.push_back(std::move(row));
      all.cursor = std::move(page->cursor);
    } while (!all.cursor.empty() && all.rows.size() < limit_);
    return all;
  }

  schema::Result<ExitCode> show() {
    std::optional<Progress> progress("reading a crash group");
    auto redis = redis_.connect();
    if (!redis) return redis.error();
    store::CrashIndex index(*redis);
    const auto group = index.find(id_);
    if (!group) return group.error();
    const auto detail = index.show(*group);
    if (!detail) return detail.error();
    progress.reset();
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
    const auto done = index.set_state(*group, {state, because_, user_at_host()}, runtime::unix_ms());
    if (!done) return done.error();
    if (json_) {
      print_json({{"id", *group}, {"state", state}});
    } else {
      print(fmt::format("{} is {}\n", *group, state));
    }
    return ExitCode::kOk;
  }

  std::string action_ = "list", id_, because_;
  RedisOptions redis_;
  store::GroupFilter filter_;
  std::uint64_t limit_ = 50;
  bool json_ = false;
};

}  // namespace

CommandRow crashes_command() {
  return {
      {"crashes", "Lists the groups of crashes; shows, resolves or reopens one",
       "A resolved group that crashes again is `returned`, and people are alerted. show tells who resolved "
       "it, when and why.\n\n"
       "list, worst first, of the groups with the latest crashes; FIRST and LAST are how long ago.\n\n"
       "list --json: {\"groups\": [GROUP], \"cursor\": text, empty at the end}, where GROUP is {\"id\", "
       "\"kind\",\n"
       "  \"title\", \"severity\", \"security\": bool, \"state\", \"state_because\", \"state_by\", "
       "\"state_ms\",\n"
       "  \"count\", \"nodes\": {name: count}, \"targets\": {name: count},\n"
       "  \"first_seen_ms\", \"last_seen_ms\", \"cwe\": [text], \"reasons\": [text],\n"
       "  \"archive\": folder or \"\", \"archived_ms\", \"alerted\": alert or \"\", \"alerted_severity\", "
       "\"alerted_ms\"}\n"
       "show --json: GROUP with \"signatures\": [text], \"inputs\": [{\"sha256\", \"size\"}], \"expires_s\"\n"
       "resolve --json, reopen --json: {\"id\", \"state\"}",
       "fuzzmill crashes resolve 3f2a --because 'mended in 1a2b3c'"},
      make_command<Crashes>};
}

}  // namespace fuzzmill::cli
