// The few answers of S3 that we read. Not a parser of XML: it finds elements by name in texts whose shape is
// known, and takes nothing from them on trust.
// Pure functions: any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace fuzzmill::store {

// What stands between <name> and </name>, for the first or for each; entities are resolved by xml_text().
std::string_view xml_element(std::string_view xml, std::string_view name);
std::vector<std::string_view> xml_elements(std::string_view xml, std::string_view name);
std::string xml_text(std::string_view xml, std::string_view name);
std::string xml_escape(std::string_view text);

// "2026-11-22T00:05:12.000Z"; 0 when it is none.
std::uint64_t xml_time(std::string_view text);
// "Sun, 22 Nov 2026 00:05:12 GMT"; 0 when it is none.
std::uint64_t http_time(const std::string& text);

}  // namespace fuzzmill::store
