#include <sys/stat.h>

#include <map>
#include <utility>

#include "producers/agent/engine_feeds.h"
#include "producers/engine/afl_artifact.h"
#include "producers/engine/afl_folders.h"
#include "producers/engine/afl_stats.h"

namespace fuzzmill::producers {
namespace {

constexpr std::uint64_t kMaxStats = 64 * 1024;

class AflFeed final : public EngineFeed {
 public:
  AflFeed(std::filesystem::path output, std::string extension)
      : output_(std::move(output)), extension_(std::move(extension)) {}

  std::vector<FeedFolder> folders() override {
    std::vector<FeedFolder> folders{{output_, false, {}}};
    instances_ = afl_instances(output_, folder_lister());
    for (const auto& instance : instances_) {
      for (const auto& folder : instance.artifacts)
        folders.push_back({folder.path, true, names(folder.holds), folder.dated});
    }
    return folders;
  }

  void log(std::string_view, std::uint64_t, const FeedSink&) override {}
  void log_ended(std::uint64_t, const FeedSink&) override {}

  void look(std::uint64_t, const FeedSink& sink) override {
    for (const auto& instance : instances_) {
      struct stat info {};
      if (::lstat(instance.stats.c_str(), &info) != 0) continue;
      const std::pair stamp{info.st_mtim.tv_sec, info.st_mtim.tv_nsec};
      if (std::exchange(read_[instance.name], stamp) == stamp) continue;
      const auto text = read_bounded(instance.stats, kMaxStats);
      if (!text) continue;
      if (const auto stats = parse_afl_stats(*text)) sink.reading(stats->reading, instance.name);
    }
  }

 private:
  ReadArtifactName names(AflFolder holds) const {
    return [holds, extension = extension_](std::string_view name) -> std::optional<ArtifactFacts> {
      const auto artifact = parse_afl_artifact(name, holds, extension);
      if (!artifact) return std::nullopt;
      return ArtifactFacts{artifact->kind, artifact->sha1.value_or(""), false, artifact->signal};
    };
  }

  std::filesystem::path output_;
  std::string extension_;
  std::vector<AflInstance> instances_;
  std::map<std::string, std::pair<time_t, long>>
      read_;  // the statistics that were read: when they were written
};

}  // namespace

std::unique_ptr<EngineFeed> afl_feed(std::filesystem::path output, std::string extension) {
  return std::make_unique<AflFeed>(std::move(output), std::move(extension));
}

}  // namespace fuzzmill::producers
