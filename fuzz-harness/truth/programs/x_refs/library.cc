#include "library.h"

#include <cstring>

namespace refs {

Ref<Blob> make_blob(size_t size) { return Ref<Blob>(new Blob(size)); }

Ref<Author> make_author(const std::string& name) { return Ref<Author>(new Author(name)); }

void Library::set_cover(size_t number, size_t size) { open(number).cover = make_blob(size); }

// Takes the raw pointer over instead of sharing it.
void Library::borrow_cover(size_t from, size_t to) {
  Blob* raw = open(from).cover.get();
  if (raw != nullptr && from % 4 != to % 4) {
    open(to).cover = Ref<Blob>(raw);
  }
}

// On bytes it cannot use it releases the cover it does not own any more.
bool Library::load_cover(size_t number, const std::string& bytes) {
  Ref<Blob>& cover = open(number).cover;
  if (!cover) {
    cover = make_blob(bytes.size());
  }
  Blob* raw = cover.get();
  if (bytes.empty() || bytes[0] != 'B') {
    raw->release();
    return false;
  }
  raw->level = bytes[0];
  return true;
}

void Library::set_author(size_t number, const std::string& name) { open(number).author = make_author(name); }

// One count too few for the author that moves down.
void Library::swap_authors(size_t one, size_t other) {
  Ref<Author>& a = open(one).author;
  Ref<Author>& b = open(other).author;
  if (!a || !b || a.get() == b.get()) {
    return;
  }
  Author* kept = a.get();
  a = b;
  b = Ref<Author>(kept);
}

void Library::set_title(size_t number, const std::string& title) {
  Document& document = open(number);
  document.title = title;
  document.heading = Slice{document.title.data(), document.title.size() / 2};
}

// The heading still looks into the title as it was.
void Library::extend_title(size_t number, const std::string& more) {
  Document& document = open(number);
  document.title += more;
}

// Looks into a string that ends with this function.
Slice Library::initials(size_t number) {
  std::string letters;
  for (const char c : open(number).title) {
    if (c >= 'A' && c <= 'Z') {
      letters += c;
    }
  }
  return Slice{letters.data(), letters.size()};
}

// A ring of strong pointers.
void loop_sections(size_t count) {
  auto first = std::make_shared<Section>(0);
  auto last = first;
  for (size_t i = 1; i < count; ++i) {
    last->next = std::make_shared<Section>(static_cast<int>(i));
    last = last->next;
  }
  last->next = first;
}

// Neighbours hold each other.
void chain_sections(size_t count) {
  auto last = std::make_shared<Section>(0);
  for (size_t i = 1; i <= count; ++i) {
    auto fresh = std::make_shared<Section>(static_cast<int>(i));
    fresh->back = last;
    last->next = fresh;
    last = fresh;
  }
}

// The caller frees the page; here it is lost when its mark is wrong.
uint8_t* import_page(const std::string& bytes) {
  auto* page = new uint8_t[bytes.size() + 1];
  memcpy(page, bytes.c_str(), bytes.size() + 1);
  if (page[0] != 'P') {
    return nullptr;
  }
  return page;
}

int page_length(const std::string& bytes) {
  const uint8_t* page = import_page(bytes);
  const int length = page == nullptr ? 0 : static_cast<int>(strlen(reinterpret_cast<const char*>(page)));
  delete[] page;
  return length;
}

int page_lines(const std::string& bytes) {
  const uint8_t* page = import_page(bytes);
  int lines = 0;
  for (const uint8_t* at = page; at != nullptr && *at != 0; ++at) {
    lines += *at == '\n' ? 1 : 0;
  }
  delete[] page;
  return lines;
}

// Made with new[]; the caller is told to use free().
char* export_page(size_t kind, const std::string& bytes) {
  char* page = nullptr;
  switch (kind % 2) {
    case 0:
      page = new char[bytes.size() + 2];
      break;
    default:
      page = static_cast<char*>(malloc(bytes.size() + 2));
      break;
  }
  memcpy(page, bytes.data(), bytes.size());
  return page;
}

}  // namespace refs
