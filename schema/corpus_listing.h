// The listing of a corpus snapshot: what a node says of the files in its corpus. It travels as the attachment
// "listing" of corpus.snapshot events, one page an event; the attachment "files" of the same event is a small
// archive (store/archive/) with the bytes of those files of the page that the server lacked.
//
// A snapshot is pages 0 … last, in ascending order of SHA-256 over all pages. With a base (the snapshot of
// this node that the newest archive of the target holds) the listing is the difference: `files` are those
// new or changed, by name, `gone` are names of the base that are no longer there or no longer chosen.
//
// MessagePack: [version, [[sha256 bin, size, name bin, mtime_ms, rank, reason str], …], [gone bin, …]].
// To change it: append to the arrays and read the shorter form, too; raise kListingVersion when an old reader
// must not read it. Golden bytes: corpus_listing_test.cc. Pure functions: any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "schema/digest.h"
#include "schema/result.h"

namespace fuzzmill::schema {

inline constexpr std::uint64_t kListingVersion = 1;
inline constexpr std::size_t kMaxListingFiles = 8192;  // of a page

struct ListedFile {
  Sha256 sha256{};
  std::uint64_t size = 0;
  std::string name;  // relative to the corpus folder; any bytes but NUL; at most kMaxCorpusNameSize
  std::int64_t mtime_ms = 0;
  std::uint32_t rank = 0;  // from 1, the most valuable; 0: not ranked
  std::string reason;      // one of kReasons
  friend bool operator==(const ListedFile&, const ListedFile&) = default;
};

// Why a file was chosen; the order is that of their worth.
inline constexpr std::array<std::string_view, 5> kReasons = {
    "favoured",      // AFL++ has it among those that cover all edges
    "new-coverage",  // it brought coverage: libFuzzer's merge control file, AFL++'s +cov
    "newest",        // nothing is known of its coverage
    "all",           // the policy takes every file
    "added",         // restored, merged or shared by hand
};

struct CorpusListing {
  std::vector<ListedFile> files;
  std::vector<std::string> gone;
  friend bool operator==(const CorpusListing&, const CorpusListing&) = default;
};

std::string encode_listing(const CorpusListing& listing);

// kInvalid naming the element; kTooLarge over the limits.
Result<CorpusListing> decode_listing(std::string_view bytes);

}  // namespace fuzzmill::schema
