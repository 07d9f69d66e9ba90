// Names of what belongs to a corpus archive in its store, and the line that sha256sum -c reads.
// Pure functions: any thread.
#pragma once

#include <string>
#include <string_view>

#include "schema/corpus_manifest.h"
#include "schema/result.h"
#include "store/corpus_catalog.h"

namespace fuzzmill::store {

inline constexpr std::string_view kCorpusPrefix = "corpus/";
inline constexpr std::string_view kQuarantinePrefix = "quarantine/";

std::string archive_object(std::string_view target, std::string_view file_name);
std::string checksum_object(std::string_view object);    // <object>.sha256
std::string quarantine_object(std::string_view object);  // quarantine/<object>
bool is_archive_object(std::string_view object);         // ends as an archive does
std::string_view file_of(std::string_view object);       // behind the last '/'

// "<sha256>  <file name>\n", and what it says of that file. kInvalid when it is not of that file or no such
// line.
std::string checksum_line(std::string_view sha256, std::string_view object);
schema::Result<std::string> parse_checksum(std::string_view text, std::string_view object);

// The row of an archive, as it is known from its manifest. `id`: schema::archive_id() of the manifest's
// bytes; `sha256` and `bytes` are those of its file. It is verified, recorded and expires from `now_ms` on.
CatalogRow archive_row(const schema::CorpusManifest& manifest, std::string id, std::string object,
                       std::string sha256, std::uint64_t bytes, std::uint64_t now_ms);

}  // namespace fuzzmill::store
