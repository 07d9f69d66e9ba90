#pragma once

#include "refs.h"

namespace refs {

class Library {
 public:
  Document& open(size_t number) { return documents_[number % 4]; }
  void set_cover(size_t number, size_t size);
  void borrow_cover(size_t from, size_t to);
  bool load_cover(size_t number, const std::string& bytes);
  void swap_authors(size_t one, size_t other);
  void set_author(size_t number, const std::string& name);
  void set_title(size_t number, const std::string& title);
  void extend_title(size_t number, const std::string& more);
  Slice initials(size_t number);
  const std::vector<int>& chapters() const { return chapters_; }

 private:
  Document documents_[4];
  std::vector<int> chapters_;
};

void chain_sections(size_t count);
void loop_sections(size_t count);
uint8_t* import_page(const std::string& bytes);
int page_length(const std::string& bytes);
int page_lines(const std::string& bytes);
char* export_page(size_t kind, const std::string& bytes);

}  // namespace refs
