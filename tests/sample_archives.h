// For unit tests: archives of given files, and what lies in a folder.
#pragma once

#include <sys/stat.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

#include "store/archive/merge.h"
#include "tests/must.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::tests {

using Names = std::map<std::string, std::string>;  // bytes by name

// A listing of the files, and a page with their bytes.
inline schema::CorpusListing listing_of(const Names& names) {
  schema::CorpusListing listing;
  for (const auto& [name, bytes] : names) {
    listing.files.push_back({schema::sha256(bytes), bytes.size(), name, 1'700'000'000'123, 0, "all"});
  }
  std::sort(listing.files.begin(), listing.files.end(), [](const auto& a, const auto& b) {
    return a.sha256 != b.sha256 ? a.sha256 < b.sha256 : a.name < b.name;
  });
  return listing;
}

inline std::string page_of(const Names& names) {
  std::map<schema::Sha256, std::string_view> contents;
  for (const auto& [name, bytes] : names) contents.emplace(schema::sha256(bytes), bytes);
  std::string out;
  auto writer = must(store::ArchiveWriter::to_memory(out, 1'750'000'000));
  for (const auto& [sha256, bytes] : contents) must(writer->add(schema::corpus_entry_name(sha256), bytes));
  must(writer->finish());
  return out;
}

inline schema::ManifestSnapshot snapshot_of(const std::string& node, std::uint64_t id = 1,
                                            std::uint64_t time_ms = 1'750'000'000'000) {
  schema::ManifestSnapshot snapshot;
  snapshot.node = node, snapshot.engine = "libfuzzer", snapshot.selection = "all", snapshot.time_ms = time_ms;
  snapshot.snapshot = schema::sha256_hex(node + std::to_string(id)).substr(0, 16);
  return snapshot;
}

// What is left of `file` is a whole archive of what each node has.
inline schema::CorpusManifest manifest_of(const std::map<std::string, Names>& nodes) {
  schema::CorpusManifest manifest;
  manifest.target = "fuzz_tlv";
  for (const auto& [node, names] : nodes) {
    manifest = must(store::next_manifest(&manifest, snapshot_of(node), "", {listing_of(names)}, 0));
  }
  return manifest;
}

inline std::unique_ptr<store::FileSource> source_of(const std::string& page) {
  return store::page_files({[&page]() { return schema::Result(store::bytes_source(page)); }});
}

inline store::MadeArchive make(const std::filesystem::path& file, const std::map<std::string, Names>& nodes,
                               store::ArchiveFormat format = store::ArchiveFormat::kTarZst) {
  std::vector<std::string> pages;
  for (const auto& [node, names] : nodes) pages.push_back(page_of(names));
  std::vector<std::unique_ptr<store::FileSource>> sources;
  for (const std::string& page : pages) sources.push_back(source_of(page));
  return must(store::make_archive(file, format, manifest_of(nodes), std::move(sources)));
}

inline std::string bytes_of(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

// Everything below a folder: bytes of files, "-> target" of links, "/" of folders.
inline Names tree_of(const std::filesystem::path& folder) {
  Names tree;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    const std::string name = entry.path().lexically_relative(folder).string();
    if (entry.is_symlink()) {
      tree[name] = "-> " + std::filesystem::read_symlink(entry.path()).string();
    } else {
      tree[name] = entry.is_directory() ? "/" : bytes_of(entry.path());
    }
  }
  return tree;
}

}  // namespace fuzzmill::tests
