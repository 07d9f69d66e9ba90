#include "schema/archive_manifest.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

#include "schema/digest.h"
#include "schema/event.h"
#include "schema/limits.h"

namespace fuzzmill::schema {
namespace {

using Json = nlohmann::ordered_json;

bool is_sha256(const std::string& text) {
  return text.size() == 64 && text.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// Reads fields of one JSON object; remembers the first that is missing or mistyped.
struct Reader {
  const Json& json;
  std::string where;
  std::string problem;

  void text(const char* name, std::string& out) {
    const Json* value = find(name);
    if (value == nullptr) return;
    if (!value->is_string()) return wrong(name, "a string");
    out = value->get<std::string>();
  }
  void number(const char* name, std::uint64_t& out) {
    const Json* value = find(name);
    if (value == nullptr) return;
    if (!value->is_number_unsigned()) return wrong(name, "a whole number");
    out = value->get<std::uint64_t>();
  }
  const Json* find(const char* name) {
    if (!problem.empty()) return nullptr;
    const auto at = json.find(name);
    if (at != json.end()) return &*at;
    problem = fmt::format("manifest: field {}{} is missing", where, name);
    return nullptr;
  }
  void wrong(const char* name, const char* wanted) {
    problem = fmt::format("manifest: field {}{} is not {}", where, name, wanted);
  }
};

Result<ManifestFile> read_file(const Json& json, std::size_t index) {
  const std::string where = fmt::format("files[{}].", index);
  if (!json.is_object()) return invalid(fmt::format("manifest: files[{}] is not an object", index));
  ManifestFile file;
  Reader reader{json, where, {}};
  reader.text("sha256", file.sha256);
  reader.text("name", file.name);
  reader.number("size", file.size);
  if (!reader.problem.empty()) return invalid(std::move(reader.problem));
  if (!is_sha256(file.sha256))
    return invalid(fmt::format("manifest: field {}sha256 is not 64 hex digits", where));
  return file;
}

}  // namespace

std::string archive_entry(const ManifestFile& file) { return "corpus/" + file.sha256; }

std::string encode_manifest(const ArchiveManifest& manifest) {
  Json files = Json::array();
  for (const ManifestFile& file : manifest.files) {
    files.push_back({{"sha256", file.sha256}, {"name", file.name}, {"size", file.size}});
  }
  const Json json = {{"version", manifest.version},
                     {"target", manifest.target},
                     {"node", manifest.node},
                     {"engine", manifest.engine},
                     {"build_id", manifest.build_id},
                     {"event", manifest.event},
                     {"time_ms", manifest.time_ms},
                     {"selection", manifest.selection},
                     {"corpus_files", manifest.corpus_files},
                     {"corpus_bytes", manifest.corpus_bytes},
                     {"files_left_out", manifest.files_left_out},
                     {"files", std::move(files)}};
  return json.dump(1, ' ', false, Json::error_handler_t::replace) + "\n";
}

Result<ArchiveManifest> decode_manifest(std::string_view text) {
  if (text.size() > kMaxManifestSize) {
    return too_large(
        fmt::format("manifest of {} bytes is over the limit of {}", text.size(), kMaxManifestSize));
  }
  const Json json = Json::parse(text, nullptr, false);
  if (json.is_discarded() || !json.is_object()) return invalid("manifest is not a JSON object");
  ArchiveManifest manifest;
  Reader reader{json, {}, {}};
  reader.number("version", manifest.version);
  reader.text("target", manifest.target);
  reader.text("node", manifest.node);
  reader.text("engine", manifest.engine);
  reader.text("build_id", manifest.build_id);
  reader.text("event", manifest.event);
  reader.number("time_ms", manifest.time_ms);
  reader.text("selection", manifest.selection);
  reader.number("corpus_files", manifest.corpus_files);
  reader.number("corpus_bytes", manifest.corpus_bytes);
  reader.number("files_left_out", manifest.files_left_out);
  const Json* files = reader.find("files");
  if (files != nullptr && !files->is_array()) reader.wrong("files", "an array");
  if (!reader.problem.empty()) return invalid(std::move(reader.problem));
  if (manifest.version == 0 || manifest.version > kManifestVersion) {
    return invalid(fmt::format("manifest: version {} is not known here (newest is {})", manifest.version,
                               kManifestVersion));
  }
  if (!valid_name(manifest.target) || !valid_name(manifest.node))
    return invalid("manifest: target or node is no name");
  for (std::size_t i = 0; i < files->size(); ++i) {
    auto file = read_file((*files)[i], i);
    if (!file) return std::move(file).error();
    manifest.files.push_back(std::move(file).value());
  }
  return manifest;
}

}  // namespace fuzzmill::schema
