// The folders where a target's artifacts appear, and what a file's name says there. AFL++ brings two for each
// instance, so they come and go. Pure but for scan().
#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "producers/evidence/artifact.h"

namespace fuzzmill::producers {

struct ArtifactFacts {
  std::string kind;           // crash, leak, timeout, oom, slow-unit
  std::string sha1;           // of the content, 40 hex digits, where the name says it
  bool logged = false;        // its report is in the engine's log
  std::optional<int> signal;  // that ended the target
};

// Nothing when the name is no artifact's.
using ReadArtifactName = std::function<std::optional<ArtifactFacts>(std::string_view file_name)>;

class ArtifactPlaces {
 public:
  // The folder in the form that it is known by: without a slash at its end. One that is known already is left
  // as it is.
  std::filesystem::path add(std::filesystem::path folder, ReadArtifactName read);

  bool knows(const std::filesystem::path& folder) const { return find(folder) != nullptr; }
  std::optional<ArtifactFacts> facts(const std::filesystem::path& file) const;
  // The file that a log means by the path that it prints. A log is hostile: of the path only the last part is
  // taken, and only a file of one of our folders can be meant.
  std::optional<std::filesystem::path> locate(std::string_view printed) const;
  // Artifacts that lie in a folder now, sorted; a missing folder has none.
  std::vector<std::filesystem::path> scan(const std::filesystem::path& folder) const;

 private:
  struct Place {
    std::filesystem::path folder;
    ReadArtifactName read;
  };
  const Place* find(const std::filesystem::path& folder) const;
  std::vector<Place> places_;
};

// libFuzzer's names, with the prefix or the exact path of its command line.
ReadArtifactName libfuzzer_artifact_names(ArtifactPlace place);

}  // namespace fuzzmill::producers
