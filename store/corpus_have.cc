// What nodes need not send again; declared in store/corpus_catalog.h.
#include <algorithm>

#include "schema/event.h"
#include "schema/keys.h"
#include "store/corpus_catalog.h"

namespace fuzzmill::store {
namespace {

using schema::Result;
using schema::Sha256;
using schema::Status;
namespace keys = schema::keys;

constexpr std::size_t kBatch = 4096;          // members of one command
constexpr const char* kDraftLife_s = "3600";  // of a set that is being made, should we die over it

Status check_target(const std::string& target) {
  if (schema::valid_name(target)) return {};
  return schema::invalid("that is no name of a target");
}

// One command with all of `files` as its last words.
std::vector<std::string> command_of(const char* verb, const std::string& key, std::span<const Sha256> files) {
  std::vector<std::string> words = {verb, key};
  words.reserve(files.size() + 2);
  for (const Sha256& file : files) words.push_back(schema::hex(file));
  return words;
}

template <class Each>
Status in_batches(std::span<const Sha256> files, const Each& each) {
  for (std::size_t at = 0; at < files.size(); at += kBatch) {
    if (auto done = each(files.subspan(at, std::min(kBatch, files.size() - at))); !done) return done;
  }
  return {};
}

Status change_have(Redis& redis, const char* verb, const std::string& key, std::span<const Sha256> files) {
  return in_batches(files, [&](std::span<const Sha256> batch) -> Status {
    const auto done = redis.command(command_of(verb, key, batch));
    if (!done) return done.error();
    return {};
  });
}

}  // namespace

Status CorpusCatalog::add_have(const std::string& target, std::span<const Sha256> files) {
  if (auto fine = check_target(target); !fine) return fine;
  return change_have(redis_, "SADD", keys::corpus_have(target), files);
}

Status CorpusCatalog::remove_have(const std::string& target, std::span<const Sha256> files) {
  if (auto fine = check_target(target); !fine) return fine;
  return change_have(redis_, "SREM", keys::corpus_have(target), files);
}

Status CorpusCatalog::replace_have(const std::string& target, std::span<const Sha256> files) {
  if (auto fine = check_target(target); !fine) return fine;
  const std::string key = keys::corpus_have(target), draft = key + "~new";  // no name of a target has a ~
  auto done = redis_.command({"DEL", draft});
  if (!done) return std::move(done).error();
  if (files.empty()) {
    done = redis_.command({"DEL", key});
    if (!done) return std::move(done).error();
    return {};
  }
  const auto added = in_batches(files, [&](std::span<const Sha256> batch) -> Status {
    const auto sent = redis_.command(command_of("SADD", draft, batch));
    if (!sent) return sent.error();
    const auto kept = redis_.command({"EXPIRE", draft, kDraftLife_s});
    if (!kept) return kept.error();
    return {};
  });
  if (!added) return added;
  redis_.append({"MULTI"});
  redis_.append({"PERSIST", draft});
  redis_.append({"RENAME", draft, key});
  redis_.append({"EXEC"});
  const auto renamed = redis_.flush();
  if (!renamed) return renamed.error();
  if (renamed->back().is_error())
    return schema::conflict("another replaced the same set: " + renamed->back().text);
  return {};
}

Result<std::uint64_t> CorpusCatalog::count_have(const std::string& target) {
  if (auto fine = check_target(target); !fine) return std::move(fine).error();
  const auto count = redis_.command({"SCARD", keys::corpus_have(target)});
  if (!count) return count.error();
  return static_cast<std::uint64_t>(count->integer);
}

Result<std::vector<bool>> CorpusCatalog::lacks(const std::string& target, std::span<const Sha256> files) {
  if (auto fine = check_target(target); !fine) return std::move(fine).error();
  std::vector<bool> out;
  auto asked = in_batches(files, [&](std::span<const Sha256> batch) -> Status {
    const auto has = redis_.command(command_of("SMISMEMBER", keys::corpus_have(target), batch));
    if (!has) return has.error();
    for (const Reply& one : has->items) out.push_back(one.integer == 0);
    return {};
  });
  if (!asked) return std::move(asked).error();
  return out;
}

Result<std::string> CorpusCatalog::snapshot_of(const std::string& target, const std::string& node) {
  if (auto fine = check_target(target); !fine) return std::move(fine).error();
  const auto snapshot = redis_.command({"HGET", keys::corpus_snapshots(target), node});
  if (!snapshot) return snapshot.error();
  return snapshot->text;
}

}  // namespace fuzzmill::store
