#include <algorithm>
#include <deque>
#include <unordered_set>

#include "schema/utf8.h"
#include "store/archive/folder_tree.h"
#include "store/archive/restore.h"

namespace fuzzmill::store {
namespace {

using schema::CorpusManifest;
using schema::ManifestCopy;
using schema::ManifestEntry;

constexpr std::size_t kMaxComponent = 255;

// What is wrong with one component of a path, or empty.
std::string_view wrong_component(std::string_view part) {
  if (part.empty()) return "has an empty component";
  if (part == "." || part == "..") return "has a component . or ..";
  if (part.size() > kMaxComponent) return "has a component of more than 255 bytes";
  if (part.substr(0, kTemporaryPrefix.size()) == kTemporaryPrefix)
    return "looks like one of our temporary files";
  return {};
}

bool has_control(std::string_view name) {
  for (std::size_t i = 0; i < name.size(); ++i) {
    const auto byte = static_cast<unsigned char>(name[i]);
    if (byte < 0x20 || byte == 0x7f) return true;
    // U+0080 to U+009F, which terminals obey, too.
    if (byte == 0xc2 && i + 1 < name.size() && static_cast<unsigned char>(name[i + 1]) < 0xa0) return true;
  }
  return false;
}

std::string_view wrong_name(std::string_view name) {
  if (name.size() > schema::kMaxCorpusNameSize) return "is too long";
  if (!name.empty() && name.front() == '/') return "is an absolute path";
  if (!schema::is_utf8(name)) return "is no UTF-8";
  if (has_control(name)) return "has control characters";
  while (true) {
    const auto slash = name.find('/');
    const std::string_view wrong = wrong_component(name.substr(0, slash));
    if (!wrong.empty() || slash == std::string_view::npos) return wrong;
    name.remove_prefix(slash + 1);
  }
}

// Names that are taken, as views that outlive it.
class Names {
 public:
  void add(std::string_view name) {
    if (!name.empty() && name.back() == '/') {
      name.remove_suffix(1);
      folders_.insert(name);
    } else {
      files_.insert(name);
    }
    for (auto slash = name.find('/'); slash != std::string_view::npos; slash = name.find('/', slash + 1)) {
      folders_.insert(name.substr(0, slash));
    }
  }
  bool clashes(std::string_view name) const {
    if (files_.count(name) != 0 || folders_.count(name) != 0) return true;
    for (auto slash = name.find('/'); slash != std::string_view::npos; slash = name.find('/', slash + 1)) {
      if (files_.count(name.substr(0, slash)) != 0) return true;
    }
    return false;
  }

 private:
  std::unordered_set<std::string_view> files_, folders_;
};

class Planner {
 public:
  Planner(const CorpusManifest& manifest, const Present& present) : manifest_(manifest), present_(present) {
    for (const std::string& name : present.names) names_.add(name);
  }

  RestorePlan plan(const std::vector<std::string>& nodes) {
    for (const auto& snapshot : manifest_.snapshots) {
      chosen_.push_back(std::find(nodes.begin(), nodes.end(), snapshot.node) != nodes.end());
    }
    for (const ManifestEntry& entry : manifest_.files) {
      if (nodes.empty()) {
        add_once(entry);
      } else {
        add_all(entry);
      }
    }
    std::sort(plan_.files.begin(), plan_.files.end(), [](const PlannedFile& a, const PlannedFile& b) {
      return a.sha256 != b.sha256 ? a.sha256 < b.sha256 : a.name < b.name;
    });
    return std::move(plan_);
  }

 private:
  bool there(const ManifestEntry& entry) {
    const bool found = std::binary_search(present_.contents.begin(), present_.contents.end(), entry.sha256);
    plan_.already_there += found ? 1 : 0;
    return found;
  }
  void add_once(const ManifestEntry& entry) {
    if (!entry.copies.empty() && !there(entry)) add(entry, entry.copies.front());
  }
  void add_all(const ManifestEntry& entry) {
    const auto wanted = [&](const ManifestCopy& copy) { return chosen_[copy.snapshot]; };
    if (std::none_of(entry.copies.begin(), entry.copies.end(), wanted) || there(entry)) return;
    std::unordered_set<std::string_view> seen;  // two nodes may call it the same
    for (const ManifestCopy& copy : entry.copies) {
      if (wanted(copy) && seen.insert(copy.name).second) add(entry, copy);
    }
  }

  void add(const ManifestEntry& entry, const ManifestCopy& copy) {
    PlannedFile file{entry.sha256, entry.size, copy.name, copy.mtime_ms, std::string(wrong_name(copy.name))};
    std::string_view name = copy.name;
    if (file.why_renamed.empty() && names_.clashes(name)) file.why_renamed = "is taken";
    if (!file.why_renamed.empty()) {
      // Names that give way may meet: one content may have several.
      const std::string sha256 = schema::hex(entry.sha256);
      file.name = sha256;
      for (int i = 2; names_.clashes(file.name); ++i) file.name = sha256 + "-" + std::to_string(i);
      name = own_names_.emplace_back(file.name);
      ++plan_.renamed;
    }
    names_.add(name);
    plan_.bytes += file.size;
    plan_.files.push_back(std::move(file));
  }

  const CorpusManifest& manifest_;
  const Present& present_;
  std::vector<bool> chosen_;  // by snapshot
  Names names_;
  std::deque<std::string> own_names_;  // that names_ looks at
  RestorePlan plan_;
};

}  // namespace

RestorePlan plan_restore(const CorpusManifest& manifest, const RestoreOptions& options,
                         const Present& present) {
  return Planner(manifest, present).plan(options.nodes);
}

}  // namespace fuzzmill::store
