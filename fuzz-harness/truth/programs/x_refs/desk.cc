// Lines of "command number text".
#include <cstdlib>

#include "library.h"

namespace {

using refs::Document;
using refs::Library;

volatile int g_sink;

void read_cover(Document& document) {
  if (document.cover) {
    g_sink += document.cover->checksum();
  }
}

void grade_cover(Document& document) {
  if (document.cover) {
    document.cover->level = 3;
  }
}

void lend_cover(Document& document) {
  const refs::Ref<refs::Blob> lent = document.cover;
  g_sink += lent ? 1 : 0;
}

void credit(Document& document) {
  if (document.author) {
    document.author->works += 1;
  }
}

void sign_name(Document& document) {
  if (document.author) {
    g_sink += document.author->name[0];
  }
}

void publish(size_t kind, const std::string& text) {
  char* page = refs::export_page(kind, text);
  g_sink += page[0];
  std::free(page);
}

void print_once(const std::string& text) {
  char* page = refs::export_page(0, text);
  g_sink += page[0];
  delete[] page;
}

void run_line(Library& library, char command, size_t number, const std::string& text) {
  Document& document = library.open(number);
  switch (command) {
    case 'c':
      library.set_cover(number, text.size());
      break;
    case 'b':
      library.borrow_cover(number, text.size());
      break;
    case 'l':
      library.load_cover(number, text);
      break;
    case 'x':
      document.cover = refs::Ref<refs::Blob>();
      break;
    case 'a':
      library.set_author(number, text);
      break;
    case 's':
      library.swap_authors(number, text.size());
      break;
    case 'X':
      document.author = refs::Ref<refs::Author>();
      break;
    case 't':
      library.set_title(number, text);
      break;
    case 'e':
      library.extend_title(number, text);
      break;
    case 'r':
      read_cover(document);
      break;
    case 'g':
      grade_cover(document);
      break;
    case 'L':
      lend_cover(document);
      break;
    case 'C':
      credit(document);
      break;
    case 'n':
      sign_name(document);
      break;
    case 'h':
      g_sink += document.heading.sum();
      break;
    case 'f':
      g_sink += document.heading.size > 0 ? document.heading.front() : 0;
      break;
    case 'i':
      g_sink += library.initials(number).sum();
      break;
    case 'I':
      g_sink += library.initials(number).front();
      break;
    case 'o':
      refs::loop_sections(text.size());
      break;
    case 'd':
      refs::chain_sections(text.size());
      break;
    case 'p':
      g_sink += refs::page_length(text);
      break;
    case 'q':
      g_sink += refs::page_lines(text);
      break;
    case 'P':
      publish(number, text);
      break;
    case 'O':
      print_once(text);
      break;
    default:
      break;
  }
}

}  // namespace

extern "C" int run_input(const uint8_t* data, size_t size) {
  Library library;
  size_t at = 0;
  while (at + 1 < size) {
    size_t end = at;
    while (end < size && data[end] != '\n') {
      ++end;
    }
    if (end - at >= 2) {
      const std::string text(reinterpret_cast<const char*>(data) + at + 2, end - at - 2);
      run_line(library, static_cast<char>(data[at]), data[at + 1] - size_t{'0'}, text);
    }
    at = end + 1;
  }
  return 0;
}
