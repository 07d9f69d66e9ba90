#include "journal.h"

namespace {

using journal::Entry;
using journal::Journal;
using journal::Tag;

volatile int g_sink;

void visit_pinned(Journal& book, char how) {
  Entry* entry = book.pinned();
  if (entry == nullptr) {
    return;
  }
  if (how == '1') {
    g_sink += journal::sum_text(entry->text);
  } else if (how == '2') {
    g_sink += entry->cost();
  } else {
    entry->hits = 7;
  }
}

void visit_tag(Journal& book, bool write) {
  Entry* entry = book.last();
  if (entry == nullptr || entry->tag == nullptr) {
    return;
  }
  Tag* tag = entry->tag;
  if (write) {
    tag->uses = 0;
  } else {
    g_sink += tag->key;
  }
}

void visit_last(Journal& book, bool wipe) {
  Entry* entry = book.last();
  if (entry == nullptr) {
    return;
  }
  if (wipe) {
    journal::fill_text(entry->text, 0);
  } else {
    g_sink += journal::sum_text(entry->text);
  }
}

void visit_header(Journal& book, bool wipe) {
  if (wipe) {
    journal::fill_text(book.header(), ' ');
  } else {
    g_sink += journal::sum_text(book.header());
  }
}

}  // namespace

// A command byte, for some an argument byte, for '+' and 'H' that many bytes of text.
extern "C" int run_input(const uint8_t* data, size_t size) {
  arena::Arena memory;
  Journal book(memory);
  size_t at = 0;
  for (int steps = 0; at + 1 < size && steps < 24; ++steps) {
    const uint8_t command = data[at];
    const uint8_t argument = data[at + 1];
    at += 2;
    switch (command) {
      case '+':
      case 'H': {
        const size_t length = argument < size - at ? argument : size - at;
        if (command == '+') {
          book.add(data + at, length);
        } else {
          book.set_header(data + at, length);
        }
        at += length;
        break;
      }
      case '-':
        book.drop_last();
        break;
      case 'p':
        book.pin();
        break;
      case 'l':
        book.label(argument);
        break;
      case 'u':
        book.unlabel(argument);
        break;
      case 'b':
        book.begin();
        break;
      case 'r':
        book.rollback();
        break;
      case 'R':
        book.reset();
        break;
      case 'a':
        book.append('a', argument);
        break;
      case 'U':
        book.upper_case();
        break;
      case '1':
      case '2':
      case '3':
        visit_pinned(book, static_cast<char>(command));
        break;
      case '4':
      case '5':
        visit_tag(book, command == '5');
        break;
      case '6':
      case '7':
        visit_last(book, command == '7');
        break;
      case '8':
      case '9':
        visit_header(book, command == '9');
        break;
      default:
        break;
    }
  }
  return 0;
}
