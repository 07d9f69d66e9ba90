// A table of strings as linkers keep it: names are interned, joined to paths, listed and looked up.
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { kSlots = 16, kShort = 12 };

struct symbol {
  char* text;     // with a zero at its end, unless packed
  size_t length;  // without it
};

static struct symbol table[kSlots];
static int used;
static char report[32];
static char last_section[8];
static volatile size_t sink;

static struct symbol* slot(uint8_t index) { return index < used ? &table[index] : NULL; }

static void intern(const uint8_t* text, size_t length) {
  if (used == kSlots) return;
  char* copy = malloc(length + 1);
  if (copy == NULL) return;
  memcpy(copy, text, length);
  copy[length] = 0;
  table[used].text = copy;
  table[used].length = strlen(copy);
  ++used;
}

// Packed names come without a zero; only their length counts.
static void intern_packed(const uint8_t* text, size_t length) {
  if (used == kSlots || length == 0) return;
  char* copy = malloc(length);  // BUG packed-unended: others take it for a string
  if (copy == NULL) return;
  memcpy(copy, text, length);
  table[used].text = copy;
  table[used].length = length;
  ++used;
}

static size_t measure(uint8_t index) {
  const struct symbol* symbol = slot(index);
  return symbol == NULL ? 0 : strlen(symbol->text);
}

static int same(uint8_t left, uint8_t right) {
  const struct symbol* a = slot(left);
  const struct symbol* b = slot(right);
  return a != NULL && b != NULL && strcmp(a->text, b->text) == 0;
}

static int has_letter(uint8_t index, int letter) {
  const struct symbol* symbol = slot(index);
  return symbol != NULL && strchr(symbol->text, letter) != NULL;
}

__attribute__((noinline)) static size_t join(uint8_t left, uint8_t right) {
  char path[24];
  const struct symbol* a = slot(left);
  const struct symbol* b = slot(right);
  if (a == NULL || b == NULL || a->length >= sizeof path) return 0;
  memcpy(path, a->text, a->length);
  path[a->length] = 0;
  strcat(path, b->text);  // BUG join-path: only the left side was measured
  size_t slashes = 0;
  for (const char* at = path; *at != 0; ++at) slashes += *at == '/';
  return slashes;
}

__attribute__((noinline)) static size_t shorten(uint8_t index) {
  const struct symbol* symbol = slot(index);
  char* brief = malloc(kShort);
  if (symbol == NULL || brief == NULL) {
    free(brief);
    return 0;
  }
  strcpy(brief, symbol->text);  // BUG shorten-copy: kShort holds eleven letters
  const size_t sum = (size_t)brief[0] + (size_t)brief[symbol->length / 2];
  free(brief);
  return sum;
}

__attribute__((noinline)) static void describe(uint8_t index) {
  const struct symbol* symbol = slot(index);
  if (symbol == NULL) return;
  sprintf(report, "symbol %u is %s", index, symbol->text);  // BUG describe-report
  sink = strlen(report);
}

static void enter_section(uint8_t index) {
  const struct symbol* symbol = slot(index);
  if (symbol == NULL) return;
  size_t i = 0;
  for (; symbol->text[i] != 0 && symbol->text[i] != '.'; ++i)
    last_section[i] = symbol->text[i];  // BUG section-name
  last_section[i < sizeof last_section ? i : 0] = 0;
}

static int starts_with(uint8_t index, const uint8_t* text, size_t length) {
  const struct symbol* symbol = slot(index);
  if (symbol == NULL || length == 0) return 0;
  return memcmp(symbol->text, text, length) == 0;  // BUG prefix-length: the symbol may be shorter
}

static size_t cut(uint8_t index, uint8_t from, uint8_t count) {
  const struct symbol* symbol = slot(index);
  if (symbol == NULL || from >= symbol->length) return 0;
  char* part = strndup(symbol->text + from, count);
  if (part == NULL) return 0;
  const size_t length = strlen(part);
  const size_t sum =
      length + (size_t)part[count == 0 ? 0 : count - 1];  // BUG cut-last: the part may be shorter
  free(part);
  return sum;
}

static void forget(uint8_t index) {
  struct symbol* symbol = slot(index);
  if (symbol == NULL) return;
  free(symbol->text);
  *symbol = table[used - 1];
  --used;
}

static void command(const uint8_t* line, size_t size) {
  const uint8_t first = size > 1 ? line[1] : 0;
  const uint8_t second = size > 2 ? line[2] : 0;
  switch (line[0]) {
    case '+':
      intern(line + 1, size - 1);
      break;
    case '&':
      intern_packed(line + 1, size - 1);
      break;
    case 'm':
      sink = measure(first);
      break;
    case '=':
      sink = (size_t)same(first, second);
      break;
    case '?':
      sink = (size_t)has_letter(first, second);
      break;
    case 'j':
      sink = join(first, second);
      break;
    case 's':
      sink = shorten(first);
      break;
    case 'd':
      describe(first);
      break;
    case 'e':
      enter_section(first);
      break;
    case 'p':
      if (size > 2) sink = (size_t)starts_with(first, line + 2, size - 2);
      break;
    case 'c':
      sink = cut(first, second, size > 3 ? line[3] : 1);
      break;
    case '-':
      forget(first);
      break;
    default:
      break;
  }
}

int run_input(const uint8_t* data, size_t size) {
  used = 0;
  for (size_t at = 0; at < size;) {
    const size_t length = data[at];
    if (length == 0 || length > size - at - 1) break;
    command(data + at + 1, length);
    at += 1 + length;
  }
  while (used > 0) forget(0);
  return 0;
}
