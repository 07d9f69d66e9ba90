// Settings in lines of key=value, each with a meaning of its own.
#include "config.h"

namespace config {
namespace {

volatile long sink;
const long kLevels[6] = {0, 10, 20, 30, 50, 80};

bool is(const Pair& pair, const char* key) {
  return pair.key_length == std::strlen(key) && std::memcmp(pair.key, key, pair.key_length) == 0;
}

void copy_value(char* to, std::size_t room, const Pair& pair) {
  const std::size_t length = pair.value_length < room ? pair.value_length : room - 1;
  std::memcpy(to, pair.value, length);
  to[length] = 0;
}

long count_words(const char* text) {
  long words = 1;
  for (; *text != 0; ++text) words += *text == ' ' ? 1 : 0;
  return words;
}

// A title is trimmed into a buffer, and used.
long title(const Pair& pair, char how) {
  char* trimmed = nullptr;
  {
    char buffer[48];
    copy_value(buffer, sizeof buffer, pair);
    char* start = buffer;
    while (*start == ' ') ++start;
    trimmed = start;  // BUG title-scope: the buffer ends with this block
  }
  if (how == 'l') return long(std::strlen(trimmed));
  if (how == 'w') return count_words(trimmed);
  trimmed[0] = 'T';
  return 1;
}

struct Host {
  char name[24];
  int port;
};

[[gnu::noinline]] Host* parse_host(const Pair& pair) {
  Host host;
  copy_value(host.name, sizeof host.name, pair);
  host.port = int(pair.value_length);
  Host* volatile parsed = &host;  // BUG host-local: returned, and gone
  return parsed;
}

long host_port(const Pair& pair) { return parse_host(pair)->port; }
long host_words(const Pair& pair) { return count_words(parse_host(pair)->name); }
void host_reset(const Pair& pair) { std::memset(parse_host(pair), 0, sizeof(Host)); }

template <class T>
long list(const Pair& pair) {
  T* numbers = new T[pair.value_length + 1]();
  for (std::size_t i = 0; i < pair.value_length; ++i) numbers[i] = T(pair.value[i]);
  const long first = long(numbers[0]);
  discard(numbers);  // BUG list-delete: made by new[]
  return first;
}

long banner(const Pair& pair) {
  char* text = static_cast<char*>(std::malloc(pair.value_length + 1));
  if (text == nullptr) return 0;
  copy_value(text, pair.value_length + 1, pair);
  const long words = count_words(text);
  discard(text);  // BUG banner-delete: made by malloc
  return words;
}

long range(const Pair& pair) {
  auto* made = new Range{0, 0};
  made->low = int(pair.value_length);
  made->high = made->low * 2;
  const long width = made->high - made->low;
  discard(made);
  return width;
}

long level(const Pair& pair) {
  const long number = to_number(pair);
  if (number > 99) die("no such level", number);  // BUG level-dies: must be an error of the caller
  return kLevels[number % 6];
}

long port(const Pair& pair) {
  const long number = to_number(pair);
  if (number > 65535) die("port out of range", number);  // BUG port-dies: likewise
  return number;
}

long verbosity(const Pair& pair) {
  const long number = to_number(pair);
  return kLevels[number];  // BUG verbosity-index: six levels
}

void help(const Pair& pair) {
  if (pair.value_length > 3) quit(2);  // BUG help-exits: a library ends the program
}

void version(const Pair& pair) {
  if (to_number(pair) > 3) quit(0);  // BUG version-exits: likewise
}

// Keys are compared in lower case.
void lower(const Pair& pair) {
  auto* key = const_cast<char*>(pair.key);
  for (std::size_t i = 0; i < pair.key_length; ++i) {
    if (key[i] >= 'A' && key[i] <= 'Z')
      key[i] = char(key[i] + 32);  // BUG key-in-place: the input is not ours
  }
}

// Every so many settings there is a check point.
long check_points(const Pair& pair, int seen) {
  const long every = to_number(pair);
  return seen % every;  // BUG every-zero
}

void apply(const Pair& pair, int seen) {
  lower(pair);
  if (is(pair, "title")) sink = title(pair, 'l');
  if (is(pair, "words")) sink = title(pair, 'w');
  if (is(pair, "caption")) sink = title(pair, 'c');
  if (is(pair, "host")) sink = host_port(pair);
  if (is(pair, "hosts")) sink = host_words(pair);
  if (is(pair, "nohost")) host_reset(pair);
  if (is(pair, "bytes")) sink = list<char>(pair);
  if (is(pair, "numbers")) sink = list<long>(pair);
  if (is(pair, "weights")) sink = list<double>(pair);
  if (is(pair, "banner")) sink = banner(pair);
  if (is(pair, "range")) sink = range(pair);
  if (is(pair, "level")) sink = level(pair);
  if (is(pair, "port")) sink = port(pair);
  if (is(pair, "verbose")) sink = verbosity(pair);
  if (is(pair, "help")) help(pair);
  if (is(pair, "version")) version(pair);
  if (is(pair, "every")) sink = check_points(pair, seen);
}

void section(const char* text, std::size_t size, int depth);

void line(const char* text, std::size_t size, int seen, int depth) {
  if (size > 1 && text[0] == '>' && depth < 3) return section(text + 1, size - 1, depth + 1);
  const void* equals = std::memchr(text, '=', size);
  if (equals == nullptr) return;
  const std::size_t length = std::size_t(static_cast<const char*>(equals) - text);
  apply({text, length, text + length + 1, size - length - 1}, seen);
}

// Lines end at ';' in a section of a line, at '\n' outside.
void section(const char* text, std::size_t size, int depth) {
  const char mark = depth == 0 ? '\n' : ';';
  int seen = 0;
  while (size > 0 && seen < kMaxKeys) {
    const void* end = std::memchr(text, mark, size);
    const std::size_t length = end == nullptr ? size : std::size_t(static_cast<const char*>(end) - text);
    line(text, length, ++seen, depth);
    if (length == size) break;
    text += length + 1;
    size -= length + 1;
  }
}

}  // namespace
}  // namespace config

extern "C" int run_input(const std::uint8_t* data, std::size_t size) {
  config::section(reinterpret_cast<const char*>(data), size, 0);
  return 0;
}
