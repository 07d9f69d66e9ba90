#include <cassert>
#include <cstring>

#include "regex.h"

namespace regex {
namespace {

volatile int sink;

struct Match {
  int captures[kCaptures];
  int steps;
};

struct Text {
  const char* letters;
  std::size_t size;
  int at(std::size_t i) const { return i < size ? std::uint8_t(letters[i]) : 0; }
};

// A group notes where it began.
void capture(Match& match, const Group& group, std::size_t at) {
  match.captures[group.slot] = int(at);  // BUG capture-slot: there may be more groups than captures
}

bool match_here(const Node* node, const Text& text, std::size_t at, Match& match);

bool match_many(const Node* node, const Text& text, std::size_t at, Match& match) {
  if (at < text.size && node->match(text.at(at)) &&
      match_many(node, text, at + 1, match)) {  // BUG many-depth: as deep as the text is long
    return true;
  }
  return match_here(node->next, text, at, match);
}

bool match_here(const Node* node, const Text& text, std::size_t at, Match& match) {
  ++match.steps;
  if (node == nullptr) return true;
  if (const auto* group = dynamic_cast<const Group*>(node)) {
    capture(match, *group, at);
    return match_here(node->next, text, at, match);
  }
  if (node->many) return match_many(node, text, at, match);
  if (node->match(text.at(at)) && match_here(node->next, text, at + 1, match)) return true;
  return node->optional && match_here(node->next, text, at, match);
}

}  // namespace

int search(const Program& program, const char* letters, std::size_t size) {
  const Text text{letters, size};
  Match match;
  std::memset(&match, 0, sizeof match);
  for (std::size_t at = 0; at <= size; ++at) {
    if (match_here(program.first, text, at, match)) return int(at) + match.captures[0];
  }
  return -1;
}

namespace {

// Replaces what was found by a letter, in a copy.
int replace(const Program& program, const char* letters, std::size_t size, char with) {
  char* copy = new char[size + 1];
  std::memcpy(copy, letters, size);
  const int found = search(program, letters, size);
  copy[found] = with;  // BUG replace-none: -1 when nothing was found
  const int first = copy[0];
  delete[] copy;
  return first;
}

int count_letter(const char* letters, std::size_t size) {
  int count = 0;
  const Program program = compile("[a-z]", 5);
  for (std::size_t i = 0; i < size; ++i) count += program.first->match(std::uint8_t(letters[i])) ? 1 : 0;
  destroy(program.first);
  return count;
}

}  // namespace
}  // namespace regex

// how, pattern, '\n', text
extern "C" int run_input(const std::uint8_t* data, std::size_t size) {
  if (size < 2) return 0;
  const char* pattern = reinterpret_cast<const char*>(data) + 1;
  const void* end = std::memchr(pattern, '\n', size - 1);
  const std::size_t length = end == nullptr ? size - 1 : std::size_t(static_cast<const char*>(end) - pattern);
  const char* text = end == nullptr ? pattern : pattern + length + 1;
  const std::size_t left = end == nullptr ? 0 : size - 2 - length;
  if (data[0] == 'c') {
    regex::sink = regex::count_letter(text, left);
    return 0;
  }
  const regex::Program program = regex::compile(pattern, length);
  if (data[0] == 's') regex::sink = regex::search(program, text, left);
  if (data[0] == 'r') regex::sink = regex::replace(program, text, left, '#');
  if (data[0] == 'l') {
    char* longer = new char[1 << 18];
    std::memset(longer, left > 0 ? text[0] : 'a', 1 << 18);
    regex::sink = regex::search(program, longer, 1 << 18);
    delete[] longer;
  }
  regex::destroy(program.first);
  return 0;
}
