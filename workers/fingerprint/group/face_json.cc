#include "workers/fingerprint/group/face_json.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "workers/fingerprint/stack/frame_rules.h"

namespace fuzzmill::workers {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kVersion = 2;
constexpr int kOldestVersion = 1;  // that is still read

// The fields of a face, named once for both ways.
template <class AnyFace, class F>
void each_text(AnyFace& face, F&& f) {
  f("kind", face.kind), f("access", face.access), f("message", face.message), f("variable", face.variable);
  f("stack_of", face.stack_of), f("ending", face.ending);
}
template <class AnyFace, class F>
void each_flag(AnyFace& face, F&& f) {
  f("releasing", face.releasing), f("owns_memory", face.owns_memory), f("stands_in", face.stands_in),
      f("string_end", face.string_end);
}
template <class AnyFace, class F>
void each_sites(AnyFace& face, F&& f) {
  f("stack", face.stack), f("freed", face.freed), f("allocated", face.allocated);
  f("other_side", face.other_side), f("heralds", face.heralds);
}

Json sites_json(const std::vector<Site>& sites) {
  Json list = Json::array();
  for (const Site& site : sites) {
    list.push_back({site.function, site.file, site.line});
    if (site.column != 0) list.back().push_back(site.column);
  }
  return list;
}

std::vector<Site> parse_sites(const Json& list) {
  std::vector<Site> sites;
  for (const Json& one : list) {
    if (sites.size() == kMaxFaceSites || !one.is_array() || one.size() < 3 || one.size() > 4) break;
    sites.push_back({one[0].get<std::string>(), one[1].get<std::string>(), one[2].get<std::uint32_t>()});
    if (one.size() == 4) sites.back().column = one[3].get<std::uint32_t>();
  }
  return sites;
}

// Version 1 kept an allocator alone as if it were evidence.
void forget_stand_in(std::vector<Site>& sites) {
  if (sites.size() != 1) return;
  Frame frame;
  frame.function = sites[0].function;
  const std::string_view rule = rule_of(frame, sites[0].function);
  if (!rule.empty() && rule != kProgramEntry) sites.clear();
}

std::string write(const Face& face, const std::string& build) {
  Json json = {{"v", kVersion}};
  each_text(face, [&](const char* name, const std::string& text) {
    if (!text.empty()) json[name] = text;
  });
  each_flag(face, [&](const char* name, bool flag) {
    if (flag) json[name] = true;
  });
  each_sites(face, [&](const char* name, const std::vector<Site>& sites) {
    if (!sites.empty()) json[name] = sites_json(sites);
  });
  if (!face.cycle.empty()) json["cycle"] = face.cycle;
  if (!build.empty()) json["build"] = build;
  // Crash text may be no UTF-8: replaced, never thrown about.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace

std::string to_json(const Shown& shown) {
  std::string text = write(shown.face, shown.build);
  Face face = shown.face;
  while (text.size() > kMaxFaceText) {
    bool shortened = false;
    each_sites(face, [&](const char*, std::vector<Site>& sites) {
      if (sites.size() <= 1) return;
      sites.pop_back();
      shortened = true;
    });
    if (!shortened) {
      face.cycle.clear(), face.message.clear(), face.freed.clear(), face.allocated.clear();
      face.other_side.clear(), face.heralds.clear();
      return write(face, {});
    }
    text = write(face, shown.build);
  }
  return text;
}

std::optional<Shown> parse_face(std::string_view text) {
  const Json json = Json::parse(text, nullptr, false);
  if (!json.is_object() || !json.contains("v") || !json["v"].is_number_integer()) return std::nullopt;
  const auto version = json["v"].get<std::int64_t>();
  if (version < kOldestVersion || version > kVersion) return std::nullopt;
  Shown shown;
  try {
    each_text(shown.face,
              [&](const char* name, std::string& value) { value = json.value(name, std::string()); });
    each_flag(shown.face, [&](const char* name, bool& value) { value = json.value(name, false); });
    each_sites(shown.face, [&](const char* name, std::vector<Site>& sites) {
      if (json.contains(name)) sites = parse_sites(json[name]);
    });
    if (json.contains("cycle")) shown.face.cycle = json["cycle"].get<std::vector<std::string>>();
    if (shown.face.cycle.size() > kMaxCycleNames) shown.face.cycle.resize(kMaxCycleNames);
    shown.build = json.value("build", std::string());
  } catch (const Json::exception&) {
    return std::nullopt;
  }
  if (version == 1) {
    for (auto* sites : {&shown.face.freed, &shown.face.allocated, &shown.face.other_side})
      forget_stand_in(*sites);
  }
  shown.face.trouble = trouble_of(shown.face.kind);
  return shown;
}

}  // namespace fuzzmill::workers
