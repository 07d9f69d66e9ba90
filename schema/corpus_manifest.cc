#include "schema/corpus_manifest.h"

#include <fmt/format.h>

#include <cassert>
#include <ctime>
#include <iterator>

#include "schema/utf8.h"

namespace fuzzmill::schema {
namespace {

constexpr std::uint64_t kFirstSecond = 1'577'836'800;  // 2020-01-01
constexpr std::size_t kPiece = 64 * 1024;
constexpr std::uint64_t kLastSecond = 4'102'444'800;  // 2100-01-01

// A byte that is no UTF-8 stands behind U+FFFD as \u00XX; U+FFFD itself is written twice.
constexpr std::string_view kMark = "\\ufffd";
constexpr std::string_view kReplacement = "\xef\xbf\xbd";

using Out = std::back_insert_iterator<std::string>;

void put_text(std::string& out, std::string_view text) {
  out += '"';
  while (!text.empty()) {
    const std::size_t size = code_point_size(text);
    const auto byte = static_cast<unsigned char>(text.front());
    if (size == 0) {
      fmt::format_to(Out(out), "{}\\u{:04x}", kMark, byte);
    } else if (byte == '"' || byte == '\\') {
      out += '\\', out += text.front();
    } else if (byte < 0x20) {
      fmt::format_to(Out(out), "\\u{:04x}", byte);
    } else if (text.substr(0, size) == kReplacement) {
      out += kMark, out += kMark;
    } else {
      out += text.substr(0, size);
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  out += '"';
}

void put_field(std::string& out, std::string_view key, std::string_view text) {
  fmt::format_to(Out(out), ",\"{}\":", key);
  put_text(out, text);
}

template <class Number>
void put_number(std::string& out, std::string_view key, Number number) {
  fmt::format_to(Out(out), ",\"{}\":{}", key, number);
}

void put_snapshot(std::string& out, const ManifestSnapshot& snapshot) {
  out += "{\"node\":";
  put_text(out, snapshot.node);
  put_field(out, "snapshot", snapshot.snapshot);
  put_field(out, "engine", snapshot.engine);
  put_field(out, "build_id", snapshot.build_id);
  put_field(out, "selection", snapshot.selection);
  put_number(out, "time_ms", snapshot.time_ms);
  put_number(out, "corpus_files", snapshot.corpus_files);
  put_number(out, "corpus_bytes", snapshot.corpus_bytes);
  put_number(out, "files_left_out", snapshot.files_left_out);
  put_number(out, "bytes_left_out", snapshot.bytes_left_out);
  out += '}';
}

void put_file(std::string& out, const ManifestEntry& file, const std::vector<ManifestSnapshot>& snapshots) {
  fmt::format_to(Out(out), "{{\"sha256\":\"{}\",\"size\":{},\"copies\":[", hex(file.sha256), file.size);
  for (std::size_t i = 0; i < file.copies.size(); ++i) {
    const ManifestCopy& copy = file.copies[i];
    assert(copy.snapshot < snapshots.size());
    out += i == 0 ? "{\"node\":" : ",{\"node\":";
    put_text(out, snapshots[copy.snapshot].node);
    put_field(out, "name", copy.name);
    put_number(out, "mtime_ms", copy.mtime_ms);
    put_number(out, "rank", copy.rank);
    put_field(out, "reason", copy.reason);
    out += '}';
  }
  out += "]}";
}

}  // namespace

std::string corpus_entry_name(const Sha256& sha256) { return "corpus/" + hex(sha256); }

void encode_corpus_manifest(const CorpusManifest& manifest,
                            const std::function<void(std::string_view)>& sink) {
  std::string out = fmt::format("{{\"version\":{},\"target\":", kCorpusManifestVersion);
  const auto flush = [&](std::size_t least) {
    if (out.size() < least) return;
    sink(out);
    out.clear();
  };
  put_text(out, manifest.target);
  put_number(out, "time_ms", manifest.time_ms);
  out += ",\n\"snapshots\":[\n";
  for (std::size_t i = 0; i < manifest.snapshots.size(); ++i) {
    if (i != 0) out += ",\n";
    put_snapshot(out, manifest.snapshots[i]);
  }
  out += "\n],\n\"files\":[\n";
  for (std::size_t i = 0; i < manifest.files.size(); ++i) {
    if (i != 0) out += ",\n";
    put_file(out, manifest.files[i], manifest.snapshots);
    flush(kPiece);
  }
  out += "\n]}\n";
  flush(1);
}

std::string encode_corpus_manifest(const CorpusManifest& manifest) {
  std::string text;
  encode_corpus_manifest(manifest, [&](std::string_view piece) { text += piece; });
  return text;
}

std::string archive_id(std::string_view encoded_manifest) {
  return sha256_hex(encoded_manifest).substr(0, 16);
}

std::string archive_file_name(std::uint64_t time_ms, std::string_view archive_id, std::string_view suffix) {
  const std::uint64_t told = time_ms / 1000;
  const auto second = static_cast<std::time_t>(told < kFirstSecond || told > kLastSecond ? 0 : told);
  std::tm utc{};
  gmtime_r(&second, &utc);
  char text[32];
  const std::size_t size = std::strftime(text, sizeof text, "%Y-%m-%dT%H%M%SZ", &utc);
  return fmt::format("{}-{}.{}", std::string_view(text, size), archive_id.substr(0, 8), suffix);
}

}  // namespace fuzzmill::schema
