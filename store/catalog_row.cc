#include "store/catalog_row.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "schema/event.h"
#include "store/number.h"
#include "store/objects/object_store.h"

namespace fuzzmill::store {
namespace {

// The fields of an archive's hash, once for writing and reading.
struct TextField {
  const char* name;
  std::string CatalogRow::*member;
};
struct NumberField {
  const char* name;
  std::uint64_t CatalogRow::*member;
};
constexpr std::array kTexts = {
    TextField{"target", &CatalogRow::target}, TextField{"object", &CatalogRow::object},
    TextField{"sha256", &CatalogRow::sha256}, TextField{"format", &CatalogRow::format},
    TextField{"bad", &CatalogRow::bad},       TextField{"why", &CatalogRow::why},
};
constexpr std::array kNumbers = {
    NumberField{"bytes", &CatalogRow::bytes},
    NumberField{"files", &CatalogRow::files},
    NumberField{"files_bytes", &CatalogRow::files_bytes},
    NumberField{"files_left_out", &CatalogRow::files_left_out},
    NumberField{"time_ms", &CatalogRow::time_ms},
    NumberField{"recorded_ms", &CatalogRow::recorded_ms},
    NumberField{"expires_s", &CatalogRow::expires_s},
    NumberField{"verified_ms", &CatalogRow::verified_ms},
    NumberField{"quarantined_s", &CatalogRow::quarantined_s},
    NumberField{"delete_s", &CatalogRow::delete_s},
    NumberField{"order", &CatalogRow::order},
};
constexpr const char* kNodes = "nodes";  // "nyc=0123456789abcdef fra=…"; names have no spaces

bool is_hex(std::string_view text, std::size_t digits) {
  return text.size() == digits && text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string join_nodes(const std::vector<ArchiveNode>& nodes) {
  std::string text;
  for (const ArchiveNode& node : nodes) {
    text += fmt::format("{}{}={}", text.empty() ? "" : " ", node.node, node.snapshot);
  }
  return text;
}

std::vector<ArchiveNode> split_nodes(std::string_view text) {
  std::vector<ArchiveNode> nodes;
  while (!text.empty()) {
    const auto word = text.substr(0, std::min(text.find(' '), text.size()));
    text.remove_prefix(std::min(word.size() + 1, text.size()));
    const auto equals = word.rfind('=');
    if (equals == std::string_view::npos) continue;
    nodes.push_back({std::string(word.substr(0, equals)), std::string(word.substr(equals + 1))});
  }
  return nodes;
}

}  // namespace

std::vector<std::string> row_fields(const CatalogRow& row) {
  std::vector<std::string> fields = {kNodes, join_nodes(row.nodes)};
  for (const TextField& field : kTexts) fields.insert(fields.end(), {field.name, row.*field.member});
  for (const NumberField& field : kNumbers) {
    fields.insert(fields.end(), {field.name, std::to_string(row.*field.member)});
  }
  return fields;
}

CatalogRow row_of_fields(const std::string& id, const Reply& hash) {
  CatalogRow row;
  row.id = id;
  for (std::size_t i = 0; i + 1 < hash.items.size(); i += 2) {
    const std::string &name = hash.items[i].text, &value = hash.items[i + 1].text;
    if (name == kNodes) row.nodes = split_nodes(value);
    for (const TextField& field : kTexts) {
      if (name == field.name) row.*field.member = value;
    }
    for (const NumberField& field : kNumbers) {
      if (name == field.name) row.*field.member = number(value);
    }
  }
  return row;
}

schema::Status check_row(const CatalogRow& row) {
  if (!is_hex(row.id, 16)) return schema::invalid("corpus archive: its id is not 16 hex digits");
  if (!schema::valid_name(row.target)) return schema::invalid("corpus archive: target is no name");
  if (!valid_object_name(row.object)) return schema::invalid("corpus archive: object is no name");
  if (!is_hex(row.sha256, 64)) return schema::invalid("corpus archive: its SHA-256 is not 64 hex digits");
  for (const ArchiveNode& node : row.nodes) {
    if (!schema::valid_name(node.node) || !is_hex(node.snapshot, 16)) {
      return schema::invalid("corpus archive: a node or its snapshot is no name");
    }
  }
  return {};
}

}  // namespace fuzzmill::store
