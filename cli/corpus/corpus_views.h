// Corpus archives, their pruning, restoring and sharing as tables for people and JSON for programs. Pure: the
// time is an argument, the rows come from store/.
#pragma once

#include <cstdint>
#include <nlohmann/json_fwd.hpp>
#include <string>
#include <vector>

#include "cli/table.h"
#include "store/archive/restore.h"
#include "store/corpus_catalog.h"
#include "store/corpus_desk.h"
#include "store/orders.h"
#include "store/prune.h"

namespace fuzzmill::cli {

// "17 B", "1.5 MB", "3.2 GB"; of 1000.
std::string bytes_text(std::uint64_t bytes);
// "in 3 d", "5 h ago", "-" for no time.
std::string until_text(std::uint64_t now_ms, std::uint64_t then_ms);

Table archives_table(const std::vector<store::CatalogRow>& rows, std::uint64_t now_ms);
nlohmann::json archive_json(const store::CatalogRow& row);
nlohmann::json archives_json(const std::vector<store::CatalogRow>& rows);

std::string prune_text(const store::PrunePlan& plan, std::uint64_t now_ms);  // the table is prune_table()
Table prune_table(const store::PrunePlan& plan, bool kept, std::uint64_t now_ms);
nlohmann::json prune_json(const store::PrunePlan& plan, const store::Pruned* done);

// "adds 12 files of 3.4 MB to /x; 3 are there already; 1 has another name: …"
std::string restore_text(const store::RestorePlan& plan, const store::RestoreOptions& options, bool dry_run);
nlohmann::json restore_json(const store::RestorePlan& plan, const store::Restored* done);

std::string diff_text(const store::ArchiveDiff& diff, std::size_t limit);
nlohmann::json diff_json(const store::ArchiveDiff& diff);

struct TargetSharing {
  std::string target;
  std::vector<store::SharingRow> rows;
};
Table sharing_table(const std::vector<TargetSharing>& targets);
nlohmann::json sharing_json(const std::vector<TargetSharing>& targets);

// One part of an order: a target of a node.
struct BackupPart {
  store::OrderPart part;
  std::string target;
  bool archived = false;
};
Table backup_table(const std::vector<BackupPart>& parts);
nlohmann::json backup_json(const std::string& order, const std::vector<BackupPart>& parts);

}  // namespace fuzzmill::cli
