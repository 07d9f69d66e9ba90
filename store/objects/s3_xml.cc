#include "store/objects/s3_xml.h"

#include <array>
#include <ctime>
#include <utility>

namespace fuzzmill::store {
namespace {

constexpr std::array<std::pair<std::string_view, char>, 5> kEntities = {
    {{"&lt;", '<'}, {"&gt;", '>'}, {"&quot;", '"'}, {"&apos;", '\''}, {"&amp;", '&'}}};

// The element from `at` on, and where it ends; npos when there is none.
std::pair<std::string_view, std::size_t> element_from(std::string_view xml, std::string_view name,
                                                      std::size_t at) {
  const std::string open = "<" + std::string(name), close = "</" + std::string(name) + ">";
  for (auto begin = xml.find(open, at); begin != std::string_view::npos; begin = xml.find(open, begin + 1)) {
    const std::size_t behind = begin + open.size();
    if (behind >= xml.size() || (xml[behind] != '>' && xml[behind] != ' ')) continue;  // a longer name
    const auto content = xml.find('>', behind);
    const auto end = content == std::string_view::npos ? content : xml.find(close, content);
    if (end == std::string_view::npos) break;
    return {xml.substr(content + 1, end - content - 1), end + close.size()};
  }
  return {{}, std::string_view::npos};
}

std::uint64_t seconds_of(const char* text, const char* format) {
  std::tm utc{};
  if (strptime(text, format, &utc) == nullptr) return 0;
  const std::time_t second = timegm(&utc);
  return second < 0 ? 0 : static_cast<std::uint64_t>(second);
}

}  // namespace

std::string_view xml_element(std::string_view xml, std::string_view name) {
  return element_from(xml, name, 0).first;
}

std::vector<std::string_view> xml_elements(std::string_view xml, std::string_view name) {
  std::vector<std::string_view> out;
  for (std::size_t at = 0;;) {
    const auto [element, end] = element_from(xml, name, at);
    if (end == std::string_view::npos) return out;
    out.push_back(element), at = end;
  }
}

std::string xml_text(std::string_view xml, std::string_view name) {
  std::string_view text = xml_element(xml, name);
  std::string out;
  while (!text.empty()) {
    std::size_t used = 0;
    for (const auto& [entity, is] : kEntities) {
      if (text.starts_with(entity)) out += is, used = entity.size();
    }
    if (used == 0) out += text.front(), used = 1;
    text.remove_prefix(used);
  }
  return out;
}

std::string xml_escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    std::string_view as;
    for (const auto& [entity, is] : kEntities) {
      if (c == is) as = entity;
    }
    as.empty() ? out.push_back(c) : static_cast<void>(out += as);
  }
  return out;
}

std::uint64_t xml_time(std::string_view text) {
  return seconds_of(std::string(text).c_str(), "%Y-%m-%dT%H:%M:%S");
}
std::uint64_t http_time(const std::string& text) { return seconds_of(text.c_str(), "%a, %d %b %Y %H:%M:%S"); }

}  // namespace fuzzmill::store
