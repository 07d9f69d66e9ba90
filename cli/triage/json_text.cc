#include "cli/triage/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>

namespace fuzzmill::cli {
namespace {

// Nothing of it needs an escape.
bool is_bare(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char c) { return c >= ' ' && c <= '~' && c != '"' && c != '\\'; });
}

}  // namespace

JsonText& JsonText::text(std::string_view value) {
  if (!is_bare(value)) {
    using Json = nlohmann::ordered_json;
    return raw(Json(value).dump(-1, ' ', false, Json::error_handler_t::replace));
  }
  comma();
  text_.append("\"").append(value).append("\"");
  after_value_ = true;
  return *this;
}

JsonText& JsonText::hex(std::uint64_t value) { return text(fmt::format("{:#x}", value)); }

}  // namespace fuzzmill::cli
