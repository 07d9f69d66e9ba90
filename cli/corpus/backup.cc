#include <fmt/format.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <nlohmann/json.hpp>
#include <random>
#include <set>

#include "cli/corpus/actions.h"
#include "cli/corpus/corpus_link.h"
#include "cli/corpus/corpus_views.h"
#include "cli/corpus/folder_backup.h"
#include "cli/node_link.h"
#include "cli/read_views.h"
#include "cli/screen.h"
#include "cli/show.h"
#include "runtime/printable.h"
#include "runtime/stop.h"

namespace fuzzmill::cli {
namespace {

constexpr std::size_t kMostNodes = 10'000;
constexpr std::chrono::milliseconds kLookAgain{150};

std::string random_id() {
  std::random_device random;
  return fmt::format("{:08x}{:08x}", random(), random());
}

std::string own_node() {
  char host[256] = {};
  if (gethostname(host, sizeof host - 1) != 0) host[0] = '\0';
  return as_name(host);
}

class Backup final : public Command {
 public:
  void declare(runtime::Options& options) override {
    options.positionals("TARGET", targets_, "only these; where none is given, every target of the nodes");
    corpus_.declare(options);
    options.list("node", nodes_, "NAME", "only these nodes; with --from: whose corpus it is").only_flag();
    options
        .text("from", from_, "DIR",
              "archive this folder of this machine as TARGET's corpus, without an agent")
        .only_flag();
    options.text("select", select_, "RULE", "of --from: `all`, or `top N` of the files").only_flag();
    options.size("max-file", max_file_, "of --from: larger files are left out").only_flag();
    options.choice("format", format_, {"tar.zst", "tar.gz"}, "of --from: of the archive").only_flag();
    options.flag("no-wait", no_wait_, "give the order, and end").only_flag();
    options.duration("wait", wait_, "until the archives are there, at most").only_flag();
    options.flag("dry-run", dry_run_, "show who would be asked, and end").only_flag();
    options.flag("json", json_, "for programs");
  }

  schema::Result<ExitCode> run() override {
    for (const auto& name : targets_) {
      if (!schema::valid_name(name))
        return schema::invalid(fmt::format("'{}' is no target's name", runtime::printable(name)));
    }
    stop_ = runtime::catch_stop_signals().get_token();
    if (!from_.empty()) return from_folder();
    auto redis = corpus_.redis.connect();
    if (!redis) return redis.error();
    auto asked = whom(*redis);
    if (!asked) return asked.error();
    if (dry_run_) return show_plan(*asked);
    return order(*redis, *asked);
  }

 private:
  // Targets of each node that runs them.
  using Asked = std::map<std::string, std::vector<std::string>>;  // target (or "" for all) → nodes

  schema::Result<Asked> whom(store::Redis& redis) const {
    const Progress progress("reading nodes");
    const auto views = read_nodes(redis, kMostNodes);
    if (!views) return views.error();
    const auto now = runtime::unix_ms();
    Asked asked;
    std::set<std::string> known_nodes, silent;
    for (const auto& view : *views) {
      const auto& node = view.node;
      known_nodes.insert(node.node);
      if (!nodes_.empty() && std::find(nodes_.begin(), nodes_.end(), node.node) == nodes_.end()) continue;
      const auto state = node_state(node, now);
      if (state == "silent" || state == "stopped") {
        silent.insert(node.node);
        continue;
      }
      if (targets_.empty()) asked[""].push_back(node.node);
      for (const auto& target : targets_) {
        const bool runs = std::find(node.targets.begin(), node.targets.end(), target) != node.targets.end();
        // A node that was heard of and has sent no sample yet may run it: it says when it does not.
        if (runs || node.targets.empty()) asked[target].push_back(node.node);
      }
    }
    for (const auto& name : nodes_) {
      if (!known_nodes.contains(name))
        return schema::not_found(
            fmt::format("no node '{}': `fuzzmill nodes` lists them", runtime::printable(name)));
    }
    for (const auto& name : silent)
      fmt::print(stderr, "left out: node {} is silent or stopped\n", runtime::printable(name));
    for (const auto& target : targets_) {
      if (!asked.contains(target))
        return schema::not_found(
            fmt::format("no living node runs target '{}': `fuzzmill nodes` shows who runs what", target));
    }
    if (asked.empty()) return schema::not_found("no living node: `fuzzmill nodes` lists them");
    return asked;
  }

  ExitCode show_plan(const Asked& asked) const {
    nlohmann::json rows = nlohmann::json::array();
    for (const auto& [target, nodes] : asked) {
      for (const auto& node : nodes) {
        rows.push_back({{"node", node}, {"target", target}});
        if (!json_)
          print(fmt::format("would ask {} for {}\n", node, target.empty() ? "all its targets" : target));
      }
    }
    if (json_) print_json({{"asks", rows}});
    return ExitCode::kOk;
  }

  schema::Result<ExitCode> order(store::Redis& redis, const Asked& asked) {
    store::Orders orders(redis);
    std::vector<std::string> ids;
    for (const auto& [target, nodes] : asked) {
      const schema::Order order{random_id(), "backup", target, who_asks(), runtime::unix_ms()};
      if (auto given = orders.give(order, nodes); !given) return given.error();
      ids.push_back(order.id);
    }
    bool ended = no_wait_;
    auto parts = wait_for(redis, ids, ended);
    if (!parts) return parts.error();
    if (json_) {
      print_json(backup_json(ids.front(), *parts));
    } else {
      print(backup_table(*parts));
    }
    if (no_wait_) return ExitCode::kOk;
    const bool failed =
        std::any_of(parts->begin(), parts->end(), [](const auto& one) { return one.part.state == "failed"; });
    if (!ended) {
      fmt::print(stderr, "not all is archived yet; the orders stay with the nodes\n");
      return ExitCode::kUnavailable;
    }
    return failed ? ExitCode::kFound : ExitCode::kOk;
  }

  // How the orders go, target by target. An order for all targets of a node has parts, and itself.
  schema::Result<std::vector<BackupPart>> look(store::Redis& redis, const std::vector<std::string>& ids,
                                               bool& ended) const {
    store::Orders orders(redis);
    store::CorpusCatalog catalog(redis);
    std::vector<BackupPart> parts;
    ended = true;
    for (const auto& id : ids) {
      const auto status = orders.status(id);
      if (!status) return status.error();
      ended &= status->ended();
      for (const auto& part : status->parts) {
        const std::string& target = part.target.empty() ? status->order.target : part.target;
        const bool has_parts =
            std::any_of(status->parts.begin(), status->parts.end(),
                        [&](const auto& other) { return other.node == part.node && !other.target.empty(); });
        if (part.target.empty() && has_parts && part.state != "failed") continue;  // its parts tell more
        BackupPart one{part, target, false};
        if (part.state == "done" && !part.snapshot.empty() && !target.empty()) {
          const auto archived = catalog.snapshot_of(target, part.node);
          if (!archived) return archived.error();
          one.archived = *archived == part.snapshot;
          ended &= one.archived;
        } else if (part.state == "done") {
          one.archived = true;
        }
        parts.push_back(std::move(one));
      }
    }
    return parts;
  }

  schema::Result<std::vector<BackupPart>> wait_for(store::Redis& redis, const std::vector<std::string>& ids,
                                                   bool& ended) {
    Progress progress("waiting for the nodes");
    const auto deadline = std::chrono::steady_clock::now() + wait_;
    std::mutex mutex;
    std::condition_variable_any never;
    std::unique_lock lock(mutex);
    while (true) {
      const bool wait = !ended;
      auto parts = look(redis, ids, ended);
      if (!parts || ended || !wait || stop_.stop_requested() || std::chrono::steady_clock::now() > deadline)
        return parts;
      const auto done =
          std::count_if(parts->begin(), parts->end(), [](const auto& one) { return one.archived; });
      progress.say(fmt::format("{} of {} archived", done, parts->size()));
      never.wait_for(lock, stop_, kLookAgain, [] { return false; });
    }
  }

  schema::Result<ExitCode> from_folder() {
    if (targets_.size() != 1) return schema::invalid("--from wants one TARGET: whose corpus the folder is");
    if (nodes_.size() > 1) return schema::invalid("--from takes one --node: whose corpus the folder is");
    FolderBackup backup{
        targets_.front(), nodes_.empty() ? own_node() : nodes_.front(), "", {from_, false}, {}};
    if (!schema::valid_name(backup.node)) return schema::invalid("--node is no node's name");
    if (auto parsed = producers::parse_selection(select_, backup.policy); !parsed)
      return schema::Error(parsed.error()).in("--select");
    backup.policy.max_file_bytes = max_file_;
    std::optional<Progress> progress(fmt::format("reading {}", from_));
    const auto now = runtime::unix_ms();
    auto incoming = read_folder(backup, random_id(), now);
    if (!incoming) return std::move(incoming).error();
    std::uint64_t files = 0;
    for (const auto& page : incoming->listings) files += page.files.size();
    if (dry_run_) {
      progress.reset();
      return say_folder(files, incoming->snapshot, nullptr);
    }
    progress->say(fmt::format("packing {} files", files));
    ArchiveFinder finder(corpus_);
    if (auto connected = finder.connect(); !connected) return connected.error();
    workers::BuildOptions how;
    if (format_ == "tar.gz") how.format = store::ArchiveFormat::kTarGz;
    workers::CorpusBuilder builder(finder.store(), finder.redis(), how);
    const auto built = builder.build_from(backup.target, *incoming, now);
    if (!built) return built.error();
    progress.reset();
    return say_folder(files, incoming->snapshot, &built->row);
  }

  ExitCode say_folder(std::uint64_t files, const schema::ManifestSnapshot& snapshot,
                      const store::CatalogRow* row) const {
    if (json_) {
      nlohmann::json out = {
          {"files", files}, {"files_left_out", snapshot.files_left_out}, {"snapshot", snapshot.snapshot}};
      if (row != nullptr) out["archive"] = archive_json(*row);
      print_json(out);
    } else if (row == nullptr) {
      print(fmt::format("would archive {} files, {} left out\n", files, snapshot.files_left_out));
    } else {
      print(fmt::format("{}  {} files ({} left out by the selection), {} in {}\n", row->object, files,
                        snapshot.files_left_out, bytes_text(row->files_bytes), bytes_text(row->bytes)));
    }
    return ExitCode::kOk;
  }

  CorpusOptions corpus_;
  std::vector<std::string> targets_, nodes_;
  std::string from_, select_ = "top 100", format_ = "tar.zst";
  std::uint64_t max_file_ = 1u << 20;
  std::chrono::milliseconds wait_{30 * 60'000};
  bool no_wait_ = false, dry_run_ = false, json_ = false;
  std::stop_token stop_;
};

}  // namespace

CommandRow corpus_backup_command() {
  return {{"corpus backup", "Has nodes send their corpora now, and waits until they are archived",
           "Nodes do it by themselves every day; this orders it now. Only what the server lacks travels. "
           "Exit code 0 when "
           "all is archived,\n1 when a node failed, 4 when --wait ran out (the orders stay).\n"
           "With --from a folder of this machine is archived, without an agent.\n\n"
           "--json: {\"order\", \"parts\": [{\"node\", \"target\", \"state\", \"archived\": bool, "
           "\"snapshot\", \"text\", "
           "\"sent_bytes\"}]}\n--from --json: {\"files\", \"files_left_out\", \"snapshot\", \"archive\": "
           "ARCHIVE}",
           "fuzzmill corpus backup fuzz_png --node singapore"},
          make_command<Backup>};
}

}  // namespace fuzzmill::cli
