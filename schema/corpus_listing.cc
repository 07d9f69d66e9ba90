#include "schema/corpus_listing.h"

#include <algorithm>
#include <limits>

#include "schema/corpus_manifest.h"
#include "schema/fields.h"

namespace fuzzmill::schema {
namespace {

constexpr std::size_t kCells = 6;  // of a file; a later writer appends more
constexpr std::size_t kMaxCells = 32;

bool keep_views(msgpack::type::object_type, std::size_t, void*) { return true; }

msgpack::unpack_limit limits() {
  return {
      std::max(kMaxListingFiles, kMaxCells), kMaxListSize, kMaxTextSize, kMaxCorpusNameSize, 0, kMaxDepth};
}

bool is_array(const msgpack::object& object, std::size_t at_least) {
  return object.type == msgpack::type::ARRAY && object.via.array.size >= at_least;
}

// The name of a file, or empty where there is none.
std::string read_name(const msgpack::object& object) {
  if (object.type != msgpack::type::BIN) return {};
  std::string name(object.via.bin.ptr, object.via.bin.size);
  return name.find('\0') == std::string::npos ? name : std::string();
}

// What is wrong with the row, or empty.
std::string_view read_file(const msgpack::object& row, ListedFile& file) {
  if (!is_array(row, kCells)) return "is no array of at least 6";
  const msgpack::object* cell = row.via.array.ptr;
  if (cell[0].type != msgpack::type::BIN || cell[0].via.bin.size != file.sha256.size())
    return "sha256 is not bin 32";
  std::copy_n(cell[0].via.bin.ptr, file.sha256.size(), reinterpret_cast<char*>(file.sha256.data()));
  if (!ValueReader<true>::get(cell[1], file.size)) return "size is not uint";
  file.name = read_name(cell[2]);
  if (file.name.empty()) return "name is not bin of 1 to 1024 bytes without NUL";
  if (!ValueReader<true>::get(cell[3], file.mtime_ms)) return "mtime_ms is not int";
  std::uint64_t rank = 0;
  if (!ValueReader<true>::get(cell[4], rank) || rank > std::numeric_limits<std::uint32_t>::max()) {
    return "rank is not uint of 32 bits";
  }
  file.rank = static_cast<std::uint32_t>(rank);
  if (!is_text(cell[5])) return "reason is not str";
  file.reason = text_of(cell[5]);
  if (std::find(kReasons.begin(), kReasons.end(), file.reason) == kReasons.end())
    return "reason is no known word";
  return {};
}

bool in_order(const ListedFile& a, const ListedFile& b) {
  return a.sha256 != b.sha256 ? a.sha256 < b.sha256 : a.name < b.name;
}

Result<CorpusListing> read_listing(const msgpack::object& root) {
  if (!is_array(root, 3)) return invalid("listing is no array of at least 3");
  const msgpack::object* part = root.via.array.ptr;
  if (part[0].type != msgpack::type::POSITIVE_INTEGER || part[0].via.u64 != kListingVersion) {
    return invalid(
        fmt::format("listing is not of version {}, the newest that is known here", kListingVersion));
  }
  if (!is_array(part[1], 0) || !is_array(part[2], 0)) return invalid("listing: files or gone is no array");
  CorpusListing listing;
  listing.files.reserve(part[1].via.array.size);
  for (std::uint32_t i = 0; i < part[1].via.array.size; ++i) {
    ListedFile file;
    const std::string_view problem = read_file(part[1].via.array.ptr[i], file);
    if (!problem.empty()) return invalid(fmt::format("listing: files[{}]: {}", i, problem));
    if (i > 0 && !in_order(listing.files.back(), file)) {
      return invalid(fmt::format("listing: files[{}] is out of order or there twice", i));
    }
    listing.files.push_back(std::move(file));
  }
  listing.gone.reserve(part[2].via.array.size);
  for (std::uint32_t i = 0; i < part[2].via.array.size; ++i) {
    std::string name = read_name(part[2].via.array.ptr[i]);
    if (name.empty())
      return invalid(fmt::format("listing: gone[{}] is not bin of 1 to 1024 bytes without NUL", i));
    listing.gone.push_back(std::move(name));
  }
  return listing;
}

}  // namespace

std::string encode_listing(const CorpusListing& listing) {
  msgpack::sbuffer buffer(128 * (1 + listing.files.size()));
  Packer out(buffer);
  out.pack_array(3);
  out.pack_uint64(kListingVersion);
  out.pack_array(static_cast<std::uint32_t>(listing.files.size()));
  for (const ListedFile& file : listing.files) {
    out.pack_array(kCells);
    pack_bytes(out, file.sha256);
    out.pack_uint64(file.size);
    pack_bytes(out, file.name);
    out.pack_int64(file.mtime_ms);
    out.pack_uint64(file.rank);
    pack_text(out, file.reason);
  }
  out.pack_array(static_cast<std::uint32_t>(listing.gone.size()));
  for (const std::string& name : listing.gone) pack_bytes(out, name);
  return {buffer.data(), buffer.size()};
}

Result<CorpusListing> decode_listing(std::string_view bytes) {
  if (bytes.size() > kMaxAttachmentSize) {
    return too_large(
        fmt::format("listing of {} bytes is over the limit of {}", bytes.size(), kMaxAttachmentSize));
  }
  try {
    std::size_t offset = 0;
    msgpack::zone zone;
    const auto root =
        msgpack::unpack(zone, bytes.data(), bytes.size(), offset, keep_views, nullptr, limits());
    if (offset != bytes.size()) return invalid("listing has stray bytes at its end");
    return read_listing(root);
  } catch (const msgpack::size_overflow& e) {
    return too_large(fmt::format("listing is over a limit: {}", e.what()));
  } catch (const std::exception& e) {
    return invalid(fmt::format("listing is not MessagePack: {}", e.what()));
  }
}

}  // namespace fuzzmill::schema
