#include "producers/engine/afl_folders.h"

#include <algorithm>

#include "producers/engine/left_scan.h"

namespace fuzzmill::producers {
namespace {

constexpr std::size_t kMaxInstances = 4096;
constexpr std::size_t kMaxFolders = 4096;

// ".2026-11-22-08:30:54", or "_20261122083054" of a SIMPLE_FILES build.
bool is_date(std::string_view text) {
  constexpr std::string_view kShapes[] = {".0000-00-00-00:00:00", "_00000000000000"};
  return std::any_of(std::begin(kShapes), std::end(kShapes), [&](std::string_view shape) {
    return text.size() == shape.size() &&
           std::equal(text.begin(), text.end(), shape.begin(),
                      [](char c, char wanted) { return wanted == '0' ? c >= '0' && c <= '9' : c == wanted; });
  });
}

// Nothing when the folder is none of an instance's.
std::optional<AflInstance> instance_in(const std::filesystem::path& folder, const ListFolder& list) {
  AflInstance instance;
  instance.folder = folder;
  instance.stats = folder / "fuzzer_stats";
  instance.queue = folder / "queue";
  bool has_queue = false, has_words = false;
  for (const auto& entry : list(folder)) {
    if (entry.is_folder) {
      has_queue = has_queue || entry.name == "queue";
      const auto artifacts = afl_artifact_folder(folder / entry.name);
      if (artifacts && instance.artifacts.size() < kMaxFolders) instance.artifacts.push_back(*artifacts);
    } else {
      has_words = has_words || entry.name == "fuzzer_stats" || entry.name == "fuzzer_setup";
      instance.main = instance.main || entry.name == "is_main_node";
    }
  }
  // A folder that only has a queue may be a foreign fuzzer's, which syncs with AFL.
  if (!has_words && !(has_queue && !instance.artifacts.empty())) return std::nullopt;
  std::sort(instance.artifacts.begin(), instance.artifacts.end(),
            [](const auto& a, const auto& b) { return a.path < b.path; });
  return instance;
}

}  // namespace

std::optional<AflArtifactFolder> afl_artifact_folder(const std::filesystem::path& path) {
  const std::string name = path.filename().string();
  LeftScan scan(name);
  AflArtifactFolder folder{path, AflFolder::kCrashes, false};
  if (scan.take("hangs")) {
    folder.holds = AflFolder::kHangs;
  } else if (!scan.take("crashes")) {
    return std::nullopt;
  }
  folder.dated = is_date(scan.rest());
  if (!folder.dated && !scan.done()) return std::nullopt;
  return folder;
}

std::vector<AflInstance> afl_instances(const std::filesystem::path& output, const ListFolder& list) {
  std::vector<AflInstance> instances;
  if (auto whole = instance_in(output, list)) instances.push_back(std::move(*whole));
  for (const auto& entry : list(output)) {
    if (!entry.is_folder || entry.name.empty() || entry.name.front() == '.') continue;
    if (instances.size() >= kMaxInstances) break;
    auto instance = instance_in(output / entry.name, list);
    if (!instance) continue;
    instance->name = entry.name;
    instances.push_back(std::move(*instance));
  }
  std::sort(instances.begin(), instances.end(), [](const auto& a, const auto& b) { return a.name < b.name; });
  return instances;
}

}  // namespace fuzzmill::producers
