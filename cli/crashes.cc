#include <fmt/format.h>

#include <nlohmann/json.hpp>
#include <optional>

#include "cli/commands.h"
#include "cli/data_folder.h"
#include "cli/screen.h"
#include "cli/show.h"
#include "cli/views.h"

namespace fuzzmill::cli {
namespace {

constexpr std::size_t kPage = 500;  // groups read in one call

class Crashes final : public Command {
 public:
  void declare(runtime::Options& options) override {
    options.positional("ACTION", action_, "list, or show one group");
    options.positional("ID", id_, "of show: a group's id, or as many of its first digits as make it plain");
    redis_.declare(options);
    options.choice("severity", filter_.severity, {"CRITICAL", "HIGH", "MEDIUM", "LOW"},
                   "only groups of this severity");
    options.text("target", filter_.target, "NAME", "only groups that this target crashed in");
    options.text("node", filter_.node, "NAME", "only groups that this node found");
    options.text("kind", filter_.kind, "KIND", "only groups of this kind, such as heap-buffer-overflow");
    options.text("state", filter_.state, "STATE", "only groups in this state: new, open, resolved, returned");
    options.number("limit", limit_, "groups at most, those with the latest crashes first");
    options.flag("json", json_, "for programs");
  }

  schema::Result<ExitCode> run() override {
    if (action_ == "list" && !id_.empty()) return schema::invalid("list takes no ID; did you mean show?");
    if (action_ == "show" && id_.empty())
      return schema::invalid("show wants the ID of a group: `fuzzmill crashes` lists them");
    if (action_ == "list") return list();
    if (action_ == "show") return show();
    return schema::invalid(fmt::format("'{}' is neither list nor show", action_));
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

  std::string action_ = "list", id_;
  RedisOptions redis_;
  store::GroupFilter filter_;
  std::uint64_t limit_ = 50;
  bool json_ = false;
};

}  // namespace

CommandRow crashes_command() {
  return {
      {"crashes", "Lists the groups of crashes, or shows one",
       "list, worst first, of the groups with the latest crashes; FIRST and LAST are how long ago.\n\n"
       "list --json: {\"groups\": [GROUP], \"cursor\": text, empty at the end}, where GROUP is {\"id\", "
       "\"kind\",\n"
       "  \"title\", \"severity\", \"security\": bool, \"state\", \"count\", \"nodes\": {name: count},\n"
       "  \"targets\": {name: count}, \"first_seen_ms\", \"last_seen_ms\", \"cwe\": [text], \"reasons\": "
       "[text],\n"
       "  \"archive\": folder or \"\", \"archived_ms\", \"alerted\": alert or \"\", \"alerted_severity\", "
       "\"alerted_ms\"}\n"
       "show --json: GROUP with \"signatures\": [text], \"inputs\": [{\"sha256\", \"size\"}], \"expires_s\"",
       "fuzzmill crashes list --severity HIGH --limit 20"},
      make_command<Crashes>};
}

}  // namespace fuzzmill::cli
