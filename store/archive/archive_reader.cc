#include "store/archive/archive_reader.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/archive/manifest_sum.h"
#include "store/archive/sha256_stream.h"
#include "store/archive/tar_header.h"
#include "store/archive/unpacked.h"

namespace fuzzmill::store {
namespace {

using schema::CorpusManifest;
using schema::ManifestEntry;
using schema::Result;
using schema::Sha256;
using schema::Status;

constexpr std::uint64_t kBombsBegin = 64u << 20;
constexpr std::size_t kPiece = 64 * 1024;
constexpr std::string_view kFolder = "corpus/";

bool all_zero(std::string_view bytes) { return bytes.find_first_not_of('\0') == std::string_view::npos; }

std::optional<Sha256> sha256_of(std::string_view name) {
  if (name.substr(0, kFolder.size()) != kFolder) return std::nullopt;
  const std::string_view digits = name.substr(kFolder.size());
  if (digits.size() != 64 || digits.find_first_not_of("0123456789abcdef") != std::string_view::npos)
    return std::nullopt;
  const auto bytes = schema::unhex(digits);
  Sha256 out{};
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

class Reader : public ArchiveReader {
 public:
  Reader(std::unique_ptr<Unpacked> unpacked, Manifest mode, ReadLimits limits)
      : bytes_(std::move(unpacked)), mode_(mode), limits_(limits) {}

  const CorpusManifest& manifest() const override { return manifest_; }
  CorpusManifest take_manifest() override { return std::move(manifest_); }
  const std::string& id() const override { return id_; }

  Status begin() {
    if (mode_ == Manifest::kNone) return {};
    if (auto read = read_header(); !read) return read;
    if (!entry_ || entry_->name != schema::kManifestName) {
      return schema::invalid("archive does not begin with manifest.json");
    }
    if (auto read = read_manifest(); !read) return read;
    if (auto read = read_header(); !read) return read;
    return read_manifest_sum();
  }

  // The header before the next file is read when it is asked for, for the view of the last one holds until
  // then.
  Result<std::optional<ReadFile>> next() override {
    if (!at_header_) {
      if (auto read = read_header(); !read) return std::move(read).error();
    }
    if (!entry_) return ended();
    const auto sha256 = sha256_of(entry_->name);
    if (!sha256)
      return wrong(entry_->name == schema::kManifestName ? "does not belong here" : "is not corpus/<sha256>");
    if (auto fine = check(*sha256); !fine) return std::move(fine).error();
    at_header_ = false;
    const auto size = static_cast<std::size_t>(entry_->size);
    const auto whole = bytes_.take(size + tar_padding(size));
    if (!whole) return schema::Error(whole.error()).in(entry_->name);
    const std::string_view bytes = whole->substr(0, size);
    if (!all_zero(whole->substr(size))) return wrong("has something behind its end");
    if (schema::sha256(bytes) != *sha256) return wrong("has another SHA-256 than its name says");
    return std::optional<ReadFile>(ReadFile{*sha256, bytes});
  }

 private:
  schema::Error wrong(std::string_view what) const {
    return schema::invalid(fmt::format("archive: entry {} {}", entry_->name, what));
  }

  // Into entry_; nothing there at the end, which is two blocks of zeros and then nothing.
  Status read_header() {
    at_header_ = true;
    entry_.reset();
    const auto block = bytes_.take(kTarBlock);
    if (!block) return block.error();
    if (!all_zero(*block)) {
      auto entry = read_tar_header(*block);
      if (!entry) return std::move(entry).error();
      if (second_ && *second_ != entry->second) {
        return schema::invalid(fmt::format("archive: entry {} has another time than the first", entry->name));
      }
      second_ = entry->second;
      entry_ = std::move(*entry);
      return {};
    }
    const auto second = bytes_.take(kTarBlock);
    if (!second) return second.error();
    if (!all_zero(*second)) return schema::invalid("archive has a block of zeros between its entries");
    const auto end = bytes_.ended();
    if (!end) return end.error();
    if (!*end) return schema::invalid("archive has bytes behind its end");
    return {};
  }

  // The next piece of the manifest; nothing at its end.
  Result<std::string_view> next_piece() {
    if (manifest_left_ == 0) return std::string_view();
    const auto piece = bytes_.some(static_cast<std::size_t>(std::min<std::uint64_t>(manifest_left_, kPiece)));
    if (!piece) return schema::Error(piece.error()).in(entry_->name);
    manifest_left_ -= piece->size();
    const std::uint64_t unpacked = entry_->size - manifest_left_;
    if (unpacked > kBombsBegin && unpacked / limits_.ratio > bytes_.packed()) {
      return schema::too_large(
          fmt::format("archive: {} unpacks to more than {} times its size", entry_->name, limits_.ratio));
    }
    manifest_hash_.add(*piece);
    return piece;
  }

  Status read_manifest() {
    if (entry_->size > schema::kMaxCorpusManifestSize) {
      return schema::too_large(fmt::format("archive: {} of {} bytes is over the limit of {}", entry_->name,
                                           entry_->size, schema::kMaxCorpusManifestSize));
    }
    manifest_left_ = entry_->size;
    std::optional<schema::Error> problem;
    const schema::JsonPieces pieces = [&]() -> std::string_view {
      auto piece = next_piece();
      if (!piece) problem = std::move(piece).error();
      return piece ? *piece : std::string_view();
    };
    if (mode_ == Manifest::kSkipped) {
      while (!pieces().empty()) continue;
      if (problem) return *problem;
    } else {
      auto decoded = schema::decode_corpus_manifest(pieces);
      if (problem) return *problem;
      if (!decoded) return std::move(decoded.error()).in("archive");
      manifest_ = std::move(decoded->manifest);
      version_ = decoded->version;
    }
    const Sha256 sha256 = manifest_hash_.finish();
    id_ = schema::hex(sha256).substr(0, 16);
    manifest_sum_ = manifest_sum(sha256);
    const auto padding = bytes_.take(tar_padding(entry_->size));
    if (!padding) return padding.error();
    return all_zero(*padding) ? Status() : wrong("has something behind its end");
  }

  // Archives of version 1 have none.
  Status read_manifest_sum() {
    if (!entry_ || entry_->name != kManifestSumName) {
      if (version_ == 1 || mode_ == Manifest::kSkipped) return {};
      return schema::invalid(fmt::format("archive has no {} behind its manifest", kManifestSumName));
    }
    if (entry_->size != manifest_sum_.size()) return wrong("is of the wrong size");
    const auto whole = bytes_.take(kTarBlock);
    if (!whole) return whole.error();
    if (whole->substr(0, manifest_sum_.size()) != manifest_sum_) {
      return schema::invalid(
          "archive: entry manifest.json has another SHA-256 than manifest.json.sha256 says");
    }
    if (!all_zero(whole->substr(manifest_sum_.size()))) return wrong("has something behind its end");
    at_header_ = false;
    return {};
  }

  // Whether the file may stand here, before its bytes are read.
  Status check(const Sha256& sha256) {
    if (last_ && *last_ == sha256) return wrong("is there twice");
    if (last_ && *last_ > sha256) return wrong("is out of order");
    last_ = sha256;
    if (entry_->size > limits_.entry_bytes) {
      return schema::too_large(fmt::format("archive: entry {} of {} bytes is over the limit of {}",
                                           entry_->name, entry_->size, limits_.entry_bytes));
    }
    total_ += entry_->size;
    if (++files_ > limits_.entries || total_ > limits_.total_bytes) {
      return schema::too_large(fmt::format("archive: entry {} is over the limit of {} files or {} bytes",
                                           entry_->name, limits_.entries, limits_.total_bytes));
    }
    if (mode_ != Manifest::kFirst) return {};
    if (files_ > manifest_.files.size()) return wrong("is not in the manifest");
    const ManifestEntry& expected = manifest_.files[files_ - 1];
    if (expected.sha256 > sha256) return wrong("is not in the manifest");
    if (expected.sha256 < sha256) return missing(expected);
    if (expected.size == entry_->size) return {};
    return wrong(fmt::format("has {} bytes where the manifest says {}", entry_->size, expected.size));
  }

  static schema::Error missing(const ManifestEntry& file) {
    return schema::invalid(
        fmt::format("archive: {} is missing, the manifest names it", schema::corpus_entry_name(file.sha256)));
  }

  Result<std::optional<ReadFile>> ended() {
    if (mode_ == Manifest::kFirst && files_ < manifest_.files.size()) return missing(manifest_.files[files_]);
    return std::optional<ReadFile>();
  }

  UnpackedBytes bytes_;
  Manifest mode_;
  ReadLimits limits_;
  CorpusManifest manifest_;
  std::string id_, manifest_sum_;
  Sha256Stream manifest_hash_;
  std::uint64_t manifest_left_ = 0;
  std::uint64_t version_ = 0;

  bool at_header_ = false;         // that of entry_ was read, its bytes not yet
  std::optional<TarEntry> entry_;  // nothing at the end
  std::optional<std::uint64_t> second_;
  std::optional<Sha256> last_;
  std::uint64_t files_ = 0, total_ = 0;
};

}  // namespace

Result<std::unique_ptr<ArchiveReader>> ArchiveReader::open(std::unique_ptr<ByteSource> source,
                                                           Manifest manifest, ReadLimits limits) {
  auto unpacked = Unpacked::open(std::move(source));
  if (!unpacked) return std::move(unpacked).error();
  auto reader = std::make_unique<Reader>(std::move(*unpacked), manifest, limits);
  if (auto begun = reader->begin(); !begun) return std::move(begun).error();
  return std::unique_ptr<ArchiveReader>(std::move(reader));
}

}  // namespace fuzzmill::store
