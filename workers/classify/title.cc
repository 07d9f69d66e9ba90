#include "workers/classify/title.h"

#include <fmt/format.h>

#include "workers/classify/classify.h"

namespace fuzzmill::workers {
namespace {

// Cuts at most `max` bytes, never inside a character.
void cut(std::string& text, std::size_t max) {
  if (text.size() <= max) return;
  std::size_t end = max - 3;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  text.resize(end);
  text += "...";
}

}  // namespace

std::string title_of(const CrashFacts& facts) {
  std::string title = facts.kind.empty() ? "unknown" : facts.kind;
  if (title[0] >= 'a' && title[0] <= 'z') title[0] = static_cast<char>(title[0] - 'a' + 'A');
  if (!facts.access.empty()) {
    title += " " + facts.access;
    if (facts.access_size) title += fmt::format(" of size {}", *facts.access_size);
  }
  if (!facts.stack.empty()) title += " in " + facts.stack.front();
  if (!facts.message.empty()) title += ": " + facts.message;
  for (char& c : title) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  cut(title, kMaxTitle);
  return title;
}

}  // namespace fuzzmill::workers
