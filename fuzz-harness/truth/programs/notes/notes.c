// Pages of notes: lines are put, moved, checked. Built without a sanitizer, its bugs show as glibc sees them.
#include <assert.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kPages = 4, kPage = 48 };

struct page {
  uint8_t* text;
  size_t used;
};

static struct page pages[kPages];
static volatile size_t sink;

// Says what is wrong with the notes and ends.
static void fatal(const char* format, ...) {
  va_list values;
  va_start(values, format);
  fprintf(stderr, "notes: fatal: ");
  vfprintf(stderr, format, values);
  fputc('\n', stderr);
  va_end(values);
  abort();
}

static struct page* page_of(uint8_t number) {
  if (number >= kPages)
    fatal("page %u of %d asked for", number, kPages);  // BUG page-fatal: the input's fault
  struct page* page = &pages[number];
  if (page->text == NULL) {
    page->text = calloc(1, kPage);
    page->used = 0;
  }
  return page;
}

static void put(uint8_t number, const uint8_t* text, size_t length) {
  struct page* page = page_of(number);
  if (page->text == NULL || length > kPage - page->used) return;
  memcpy(page->text + page->used, text, length);
  page->used += length;
}

static void tear_out(uint8_t number) {
  struct page* page = &pages[number % kPages];
  free(page->text);  // BUG tear-twice: the page stays as it was
  page->used = 0;
}

// Two notes become one; what they were goes away.
static size_t merge(uint8_t left, uint8_t right) {
  struct page* a = page_of(left);
  struct page* b = page_of(right);
  uint8_t* both = calloc(2, kPage);
  if (both == NULL) return 0;
  memcpy(both, a->text, a->used);
  memcpy(both + a->used, b->text, b->used);
  const size_t used = a->used + b->used;
  free(a->text);
  free(b->text);  // BUG merge-same: both may be one
  a->text = b->text = NULL;
  free(both);
  return used;
}

// Frees a note wherever it is in its page.
__attribute__((noinline)) static void drop_note(uint8_t number, uint8_t at) {
  struct page* page = page_of(number);
  uint8_t* note = page->text + at % kPage;
  free(note);  // BUG drop-inside: notes are no blocks of the heap
  page->used = 0;
}

static void check_lengths(uint8_t number, uint8_t first, uint8_t second) {
  const struct page* page = page_of(number);
  assert(first <= page->used);  // BUG check-first: input is no invariant
  sink = page->used - first;
  if (second != 0) {
    assert(second > first && "notes out of order");  // BUG check-order: likewise
  }
  assert(page->used <= kPage);
}

__attribute__((noinline)) static size_t heading(const uint8_t* text, size_t length) {
  char line[20];
  size_t i = 0;
  while (i < length && text[i] != '.') {
    line[i] = (char)text[i];  // BUG heading-room: twenty letters
    ++i;
  }
  return i + (size_t)line[0];
}

__attribute__((noinline)) static size_t footer(const uint8_t* text, size_t length) {
  char line[20];
  memcpy(line, text, length);  // BUG footer-room: likewise
  return length + (size_t)line[0];
}

__attribute__((noinline)) static size_t bound_copy(const uint8_t* text, size_t length) {
  uint8_t* copy = malloc(24);
  if (copy == NULL) return 0;
  for (size_t i = 0; i < length; ++i) copy[i] = text[i];  // BUG bind-room: 24 bytes
  const size_t first = copy[0];
  free(copy);
  return first;
}

static size_t share(uint8_t from, uint8_t count) {
  const struct page* page = page_of(from);
  if (count == 0) return 0;
  return page->used / count + 100 / page->used;  // BUG share-empty: nothing on the page
}

// For what cannot be.
__attribute__((noinline)) static void never(void) { __builtin_trap(); }

__attribute__((noinline)) static size_t colour(uint8_t code) {
  if (code < 8) return code;
  if (code < 16) return code - 8U;
  never();  // BUG colour-code: it can
  return 0;
}

__attribute__((noinline)) static size_t style(uint8_t code) {
  static const uint8_t kStyles[4] = {1, 3, 5, 7};
  if (code > 200) never();  // BUG style-code: it can, too
  return kStyles[code & 3];
}

static void version(uint8_t number) {
  if (number != 1 && number != 2) {
    fatal("version %u not known", number);  // BUG version-fatal
  }
}

__attribute__((noinline)) static void check_title(const uint8_t* text, size_t length) {
  char* title = NULL;
  if (length > 0 && text[0] != '#') {
    title = malloc(length + 1);
    if (title == NULL) return;
    memcpy(title, text, length);
    title[length] = 0;
  }
  sink = (size_t)title[0] + strlen(title);  // BUG title-none: a title of '#' is none
  free(title);
}

static void command(const uint8_t* line, size_t size) {
  const uint8_t first = size > 1 ? line[1] : 0;
  const uint8_t second = size > 2 ? line[2] : 0;
  const uint8_t third = size > 3 ? line[3] : 0;
  switch (line[0]) {
    case 'p':
      put(first, line + 2, size > 2 ? size - 2 : 0);
      break;
    case 't':
      tear_out(first);
      break;
    case 'm':
      sink = merge(first, second);
      break;
    case 'd':
      drop_note(first, second);
      break;
    case 'c':
      check_lengths(first, second, third);
      break;
    case 'h':
      sink = heading(line + 1, size - 1);
      break;
    case 'f':
      sink = footer(line + 1, size - 1);
      break;
    case 'b':
      sink = bound_copy(line + 1, size - 1);
      break;
    case 's':
      sink = share(first, second);
      break;
    case 'C':
      sink = colour(first);
      break;
    case 'S':
      sink = style(first);
      break;
    case 'v':
      version(first);
      break;
    case 'T':
      check_title(line + 1, size - 1);
      break;
    default:
      break;
  }
}

int run_input(const uint8_t* data, size_t size) {
  memset(pages, 0, sizeof pages);
  for (size_t at = 0; at < size;) {
    const size_t length = data[at];
    if (length == 0 || length > size - at - 1) break;
    command(data + at + 1, length);
    at += 1 + length;
  }
  for (int i = 0; i < kPages; ++i) free(pages[i].text);
  return 0;
}
