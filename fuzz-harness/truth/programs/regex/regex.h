#pragma once
#include <cstddef>
#include <cstdint>

namespace regex {

constexpr int kCaptures = 4;

// A node of a pattern. What it is decides how it matches.
struct Node {
  explicit Node(Node* then) : next(then) {}
  virtual ~Node() = default;
  virtual bool match(int letter) const = 0;
  Node* next;
  bool many = false;      // as often as it matches
  bool optional = false;  // or not at all
};

struct Letter : Node {
  Letter(Node* then, int what) : Node(then), letter(what) {}
  bool match(int what) const override { return what == letter; }
  int letter;
};

struct Any : Node {
  using Node::Node;
  bool match(int what) const override { return what != 0; }
};

// A class of letters: a bit for each of the first 128.
struct Class : Node {
  explicit Class(Node* then) : Node(then), bits(new std::uint8_t[16]()) {}
  ~Class() override { delete[] bits; }
  Class(const Class&) = delete;
  Class& operator=(const Class&) = delete;

  void add(int letter) { bits[letter / 8] |= std::uint8_t(1 << (letter & 7)); }
  bool match(int what) const override {
    return (bits[what / 8] >> (what & 7) & 1) != 0;  // BUG class-letter: letters above 127 have no bit
  }
  std::uint8_t* bits;
  long weight[4] = {0, 0, 0, 0};
};

struct Group : Node {
  Group(Node* then, int number) : Node(then), slot(number) {}
  bool match(int) const override { return false; }
  int slot;
};

struct Program {
  Node* first = nullptr;
  int groups = 0;
  int dropped = 0;
};

Program compile(const char* pattern, std::size_t size);
void destroy(Node* node);
int search(const Program& program, const char* text, std::size_t size);

}  // namespace regex
