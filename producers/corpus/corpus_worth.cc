#include "producers/corpus/corpus_worth.h"

#include <dirent.h>

#include <functional>
#include <utility>

namespace fuzzmill::producers {
namespace {

constexpr std::size_t kMaxRedundant = 1'000'000;

std::uint64_t hash_of(std::string_view name) { return std::hash<std::string_view>{}(name); }

}  // namespace

AflEntryName parse_afl_entry(std::string_view path) {
  const auto name = path.substr(path.rfind('/') + 1);
  AflEntryName entry;
  const auto seed = name.find(",orig:");
  entry.seed = seed != std::string_view::npos;
  const auto ours = name.substr(0, seed);  // what stands behind is any text
  entry.imported = ours.find(",sync:") != std::string_view::npos;
  const auto mark = ours.find(",+cov");
  entry.brought_coverage = mark != std::string_view::npos &&
                           (mark + 5 == ours.size() || ours[mark + 5] == '.' || ours[mark + 5] == ',');
  return entry;
}

CorpusWorth CorpusWorth::of_afl(const std::filesystem::path& output) {
  CorpusWorth worth;
  worth.afl_ = true;
  for (const auto& [folder, prefix] : afl_queues(output)) {
    DIR* entries = ::opendir((folder / ".state" / "redundant_edges").c_str());
    if (entries == nullptr) continue;
    std::size_t known = 0;
    while (const dirent* entry = ::readdir(entries)) {
      if (entry->d_name[0] == '.' || worth.redundant_.size() >= kMaxRedundant) continue;
      worth.redundant_.insert(hash_of(prefix + entry->d_name));
      ++known;
    }
    ::closedir(entries);
    // Before its first look for favoured entries AFL++ has marked none.
    if (known > 0) worth.culled_.insert(prefix);
  }
  return worth;
}

Worth CorpusWorth::of(std::string_view name) const {
  if (const auto coverage = values_.of(name); coverage > 0) return {"new-coverage", coverage};
  if (!afl_) return {};
  const std::string queue(name.substr(0, name.rfind('/') + 1));
  if (culled_.contains(queue) && !redundant_.contains(hash_of(name))) return {"favoured", 0};
  return parse_afl_entry(name).brought_coverage ? Worth{"new-coverage", 0} : Worth{};
}

}  // namespace fuzzmill::producers
