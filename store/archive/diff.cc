#include "store/archive/restore.h"

namespace fuzzmill::store {
namespace {

using schema::CorpusManifest;
using schema::ManifestCopy;
using schema::ManifestEntry;

// Whether a node has the content under another name than before.
bool same_names(const CorpusManifest& a, const ManifestEntry& of_a, const CorpusManifest& b,
                const ManifestEntry& of_b) {
  if (of_a.copies.size() != of_b.copies.size()) return false;
  for (std::size_t i = 0; i < of_a.copies.size(); ++i) {
    const ManifestCopy& one = of_a.copies[i];
    const ManifestCopy& other = of_b.copies[i];
    if (one.name != other.name || a.snapshots[one.snapshot].node != b.snapshots[other.snapshot].node)
      return false;
  }
  return true;
}

}  // namespace

ArchiveDiff diff_archives(const CorpusManifest& first, const CorpusManifest& second) {
  ArchiveDiff diff;
  auto a = first.files.begin();
  auto b = second.files.begin();
  while (a != first.files.end() || b != second.files.end()) {
    if (b == second.files.end() || (a != first.files.end() && a->sha256 < b->sha256)) {
      diff.only_first.push_back(*a++);
    } else if (a == first.files.end() || b->sha256 < a->sha256) {
      diff.only_second.push_back(*b++);
    } else {
      ++diff.in_both;
      if (!same_names(first, *a, second, *b)) ++diff.renamed;
      ++a, ++b;
    }
  }
  return diff;
}

}  // namespace fuzzmill::store
