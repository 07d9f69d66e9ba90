#include "producers/evidence/artifact_places.h"

#include <algorithm>
#include <utility>

namespace fuzzmill::producers {
namespace {

constexpr std::size_t kMaxName = 255;  // NAME_MAX: a longer name is no file's

}  // namespace

std::filesystem::path ArtifactPlaces::add(std::filesystem::path folder, ReadArtifactName read) {
  folder = (folder / "").lexically_normal().parent_path();
  if (find(folder) == nullptr) places_.push_back({folder, std::move(read)});
  return folder;
}

const ArtifactPlaces::Place* ArtifactPlaces::find(const std::filesystem::path& folder) const {
  const auto found = std::find_if(places_.begin(), places_.end(),
                                  [&](const Place& place) { return place.folder == folder; });
  return found == places_.end() ? nullptr : &*found;
}

std::optional<ArtifactFacts> ArtifactPlaces::facts(const std::filesystem::path& file) const {
  const auto* place = find(file.parent_path());
  return place == nullptr ? std::nullopt : place->read(file.filename().native());
}

std::optional<std::filesystem::path> ArtifactPlaces::locate(std::string_view printed) const {
  const auto name = printed.substr(printed.rfind('/') + 1);
  if (name.size() > kMaxName || name.find('\0') != std::string_view::npos) return std::nullopt;
  for (const auto& place : places_) {
    if (place.read(name)) return place.folder / name;
  }
  return std::nullopt;
}

std::vector<std::filesystem::path> ArtifactPlaces::scan(const std::filesystem::path& folder) const {
  std::vector<std::filesystem::path> files;
  const auto* place = find(folder);
  if (place == nullptr) return files;
  std::error_code failed;
  for (std::filesystem::directory_iterator entry(folder, failed), end; !failed && entry != end;
       entry.increment(failed)) {
    if (place->read(entry->path().filename().native())) files.push_back(entry->path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

ReadArtifactName libfuzzer_artifact_names(ArtifactPlace place) {
  return [place = std::move(place)](std::string_view name) -> std::optional<ArtifactFacts> {
    if (place.exact && name == place.exact->filename().native()) return ArtifactFacts{"crash", {}, true, {}};
    const auto parsed = parse_artifact_name(name, place.name_prefix);
    if (!parsed) return std::nullopt;
    return ArtifactFacts{parsed->kind, parsed->sha1, parsed->kind != "slow-unit", {}};
  };
}

}  // namespace fuzzmill::producers
