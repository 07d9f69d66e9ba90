#include "regex.h"

namespace regex {
namespace {

// Adds at the end of a list that is built from its head.
struct List {
  Node* first = nullptr;
  Node* last = nullptr;
  int dropped = 0;
  void add(Node* node) {
    if (last == nullptr) first = node;
    if (last != nullptr) last->next = node;
    last = node;
  }
};

std::size_t add_class(List& list, const char* pattern, std::size_t size, std::size_t at) {
  auto* letters = new Class(nullptr);
  for (; at < size && pattern[at] != ']'; ++at) {
    if (at + 2 < size && pattern[at + 1] == '-') {
      for (int letter = pattern[at]; letter <= pattern[at + 2]; ++letter) {
        letters->add(letter & 127);
      }
      at += 2;
    } else {
      letters->add(pattern[at] & 127);
    }
  }
  list.add(letters);
  return at;
}

void repeat(List& list, char how) {
  Node* node = list.last;
  if (how == '*') {
    node->many = true;  // BUG repeat-nothing: there may be nothing to repeat
    node->optional = true;
  } else if (how == '+') {
    node->many = true;  // BUG plus-nothing: likewise, and a line of its own
  } else {
    node->optional = true;
  }
}

// {weight}: how much a class counts. Only classes have one.
void weigh(List& list, char digit) {
  if (list.last == nullptr) return;
  auto* letters = static_cast<Class*>(list.last);  // BUG weigh-cast: the last may be no class
  letters->weight[digit & 3] += 1;
}

// !: what came before, once more.
void again(List& list) {
  if (list.first == nullptr || list.first == list.last) return;
  list.last->next = list.first->next == list.last ? nullptr : list.first->next;
}

// &: what the pattern begins with, dropped.
void drop_first(List& list) {
  Node* node = list.first;
  if (node == nullptr) return;
  list.first = node->next;
  delete node;  // BUG drop-last: may be the last one too, which is kept
  ++list.dropped;
}

}  // namespace

Program compile(const char* pattern, std::size_t size) {
  Program program;
  List list;
  for (std::size_t at = 0; at < size; ++at) {
    const char letter = pattern[at];
    switch (letter) {
      case '.':
        list.add(new Any(nullptr));
        break;
      case '[':
        at = add_class(list, pattern, size, at + 1);
        break;
      case '*':
      case '+':
        repeat(list, letter);
        break;
      case '?':
        if (list.last != nullptr) repeat(list, letter);
        break;
      case '(':
        list.add(new Group(nullptr, program.groups++));
        break;
      case '&':
        drop_first(list);
        break;
      case '{':
        if (at + 1 < size) weigh(list, pattern[++at]);
        break;
      case ',':
        if (program.groups == 0) again(list);
        break;
      default:
        list.add(new Letter(nullptr, letter));
        break;
    }
  }
  program.first = list.first;
  program.dropped = list.dropped;
  return program;
}

void destroy(Node* node) {
  while (node != nullptr) {
    Node* next = node->next;
    delete node;
    node = next;
  }
}

}  // namespace regex
