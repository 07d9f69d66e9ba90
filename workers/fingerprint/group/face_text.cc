#include "workers/fingerprint/group/face_text.h"

#include <array>

#include "workers/fingerprint/read/text.h"
#include "workers/fingerprint/version.h"

namespace fuzzmill::workers {
namespace {

// '|' and line breaks part the fields, so they are escaped inside them.
void add(std::string& text, std::string_view field) {
  constexpr ByteSet kEscaped("|\\\n");
  add_field(text, field, kEscaped);
}

std::array<const std::vector<Site>*, 5> stacks_of(const Face& face) {
  return {&face.stack, &face.freed, &face.allocated, &face.other_side, &face.heralds};
}

void add_cycle(std::string& text, const Face& face) {
  text += '\n';
  for (const std::string& name : face.cycle) add(text, name);
}

}  // namespace

std::string face_text(const Face& face) {
  std::string text;
  text.reserve(1024);
  text += kSignatureVersion;
  for (std::string_view field :
       {face.kind, face.access, face.message, face.variable, face.stack_of, face.ending})
    add(text, field);
  text += '|';
  if (face.string_end) text += "string ";
  if (face.releasing) text += "release ";
  if (face.owns_memory) text += "owner ";
  if (face.stands_in) text += "stand-in ";
  for (const auto* sites : stacks_of(face)) {
    text += '\n';
    for (const Site& site : *sites) {
      add(text, site.function), add(text, site.file);
      text += '|';
      text += std::to_string(site.line);
      if (site.column != 0) text.append(":").append(std::to_string(site.column));
    }
  }
  add_cycle(text, face);
  return text;
}

std::string face_text_v2(const Face& face) {
  std::string text = "v2";
  const std::string_view variable = face.variable == kThreadStack ? std::string_view() : face.variable;
  for (std::string_view field :
       {std::string_view(face.kind), std::string_view(face.access), std::string_view(face.message), variable,
        std::string_view(face.stack_of), std::string_view(face.ending)})
    add(text, field);
  text += face.string_end ? "|string" : "|";
  for (const auto* sites : stacks_of(face)) {
    text += '\n';
    for (const Site& site : *sites) {
      add(text, site.function), add(text, site.file);
      text.append(":").append(std::to_string(site.line));
    }
  }
  add_cycle(text, face);
  return text;
}

}  // namespace fuzzmill::workers
