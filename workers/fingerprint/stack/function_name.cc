#include "workers/fingerprint/stack/function_name.h"

#include <algorithm>

#include "workers/fingerprint/read/text.h"
#include "workers/fingerprint/stack/mangled_name.h"

namespace fuzzmill::workers {
namespace {

constexpr int kMaxRustDepth = 3;  // keeps the work linear on hostile names

constexpr std::string_view kPrefixes[] = {"non-virtual thunk to ",
                                          "virtual thunk to ",
                                          "covariant return thunk to ",
                                          "[inlined] ",
                                          "partial apply for ",
                                          "partial apply forwarder for ",
                                          "protocol witness for ",
                                          "merged ",
                                          "inlined ",
                                          "__GI_"};
constexpr std::string_view kCloneSuffixes[] = {
    "cold",    "part",    "isra",     "constprop",   "localalias",  "llvm",         "lto_priv",
    "cfi",     "cfi_jt",  "clone",    "warm",        "hot",         "unlikely",     "exit",
    "resume",  "destroy", "cleanup",  "__uniq",      "avx2",        "arch_haswell", "abi0",
    "_omp_fn", "default", "outlined", "specialized", "omp_outlined"};
constexpr std::string_view kOperators[] = {
    "<=>", "<<=", ">>=", "->*", "()", "[]", "<<", ">>", "<=", ">=", "->", "==", "!=",
    "&&",  "||",  "++",  "--",  "+=", "-=", "*=", "/=", "%=", "^=", "&=", "|=", "<",
    ">",   "+",   "-",   "*",   "/",  "%",  "^",  "&",  "|",  "~",  "!",  "=",  ","};

char closer_of(char opener) {
  switch (opener) {
    case '(':
      return ')';
    case '[':
      return ']';
    case '{':
      return '}';
    default:
      return '>';
  }
}

// End of the bracket that opens at `at`: past its closer, or the end of the text. "->" closes nothing,
// and angle brackets count only among themselves, outside parentheses.
std::size_t bracket_end(std::string_view text, std::size_t at) {
  const char opener = text[at], closer = closer_of(opener);
  int depth = 0, inner = 0;
  for (std::size_t i = at; i < text.size(); ++i) {
    const char c = text[i];
    if (opener == '<' && (c == '(' || c == ')')) {
      inner += c == '(' ? 1 : -1;
    } else if (c == opener && inner == 0) {
      ++depth;
    } else if (c == closer && inner == 0) {
      if (opener == '<' && i > at && text[i - 1] == '-') continue;
      if (--depth == 0) return i + 1;
    }
  }
  return text.size();
}

// The characters that Walker::step() looks at.
constexpr ByteSet kMeaning("o(<[{ `'@");
constexpr ByteSet kLambdaMarks("$'<{");
constexpr ByteSet kLambdaBegins("$'<{_l");
constexpr ByteSet kHeadEnds("( <[");
constexpr ByteSet kHeadMarks("( <[/!");

bool is_lambda(std::string_view part) {
  if (part.empty() || !kLambdaBegins.has(part.front())) return false;
  if (part.starts_with("$_") && part.size() > 2 && is_digit(part[2])) return true;
  return part.starts_with("'lambda") || part.starts_with("<lambda") || part.starts_with("{lambda") ||
         part.starts_with("{{closure") || part.starts_with("{closure") || part.starts_with("__lambda") ||
         part == "lambda";
}

// The bytes of a C function's name.
constexpr ByteSet kPlain("0123456789_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ");

// A C function's name is normal as it is; clones, hashes and mangled names hold a '.' or '$' or begin so.
bool is_plain_name(std::string_view text) {
  if (text.empty() || text.size() > kMaxFunctionName || text.starts_with("lambda")) return false;
  if (text.front() == '_') {
    for (std::string_view other : {"_Z", "__Z", "_R", "__R", "__GI_", "__lambda"}) {
      if (text.starts_with(other)) return false;
    }
  }
  return std::all_of(text.begin(), text.end(), [](char c) { return kPlain.has(c); });
}

// Walks a name once and builds its normal form in `out`, which is empty at first.
class Walker {
 public:
  Walker(std::string_view text, std::string& out, int depth = 0) : text_(text), out_(out), depth_(depth) {}

  void run() {
    while (at_ < text_.size() && !done_ && out_.size() < kMaxFunctionName) step();
  }

 private:
  void step() {
    const char c = text_[at_];
    if (c == 'o' && starts_operator()) return take_operator();
    if (c == '(') return on_parenthesis();
    if (c == '<') return on_angle();
    if (c == '[') return on_square();
    if (c == '{') return on_brace();
    if (c == ' ') return on_blank();
    if (c == '`') return on_backtick();
    if (c == '\'' && in_backtick_ && text_.substr(at_).starts_with("'::")) {
      in_backtick_ = false;
      ++at_;
      return;
    }
    if (c == '@' && !out_.empty()) {
      done_ = true;
      return;
    }
    take_plain();
  }

  // What means nothing to step() is copied at once.
  void take_plain() {
    const std::size_t end = std::min(kMeaning.find(text_, at_ + 1), text_.size());
    out_.append(text_, at_, end - at_);
    at_ = end;
  }

  bool starts_operator() const {
    if (!text_.substr(at_).starts_with("operator")) return false;
    if (!out_.empty() && is_word(out_.back())) return false;
    return at_ + 8 >= text_.size() || !is_word(text_[at_ + 8]);
  }

  void take_operator() {
    out_ += "operator";
    at_ += 8;
    std::string_view rest = text_.substr(at_);
    for (std::string_view symbol : kOperators) {
      if (!rest.starts_with(symbol)) continue;
      out_ += symbol;
      at_ += symbol.size();
      // "operator< <int>": the blank belongs to the template arguments.
      if (at_ + 1 < text_.size() && text_[at_] == ' ' && text_[at_ + 1] == '<') ++at_;
      return;
    }
    if (!rest.starts_with(' ') && !rest.starts_with("\"\"")) return;
    // new, delete[], a conversion's type or a literal's suffix: up to the parameters.
    const std::size_t end = std::min(rest.find('('), rest.find(" /"));
    const std::string_view name = rest.substr(0, end);
    out_ += name.substr(0, kMaxFunctionName);
    at_ += name.size();
    keep_blanks_ = true;
  }

  void on_parenthesis() {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("(anonymous namespace)")) {
      at_ += 21;
      skip_colons();
      return;
    }
    if (rest.starts_with("(*") && !out_.empty() && out_.back() == '.') {  // Go: "json.(*decoder).object"
      const std::size_t end = bracket_end(text_, at_);
      out_ += text_.substr(at_, std::min<std::size_t>(end - at_, kMaxFunctionName));
      at_ = end;
      return;
    }
    const bool decltype_type = out_ == "decltype";
    at_ = bracket_end(text_, at_);
    if (decltype_type) {
      out_.clear();
    } else if (!out_.empty()) {
      parameters_seen_ = true;
    }
  }

  // "`anonymous namespace'::f", "`outer'::`2'::inner": MSVC's scopes.
  void on_backtick() {
    constexpr std::string_view kAnonymous = "`anonymous namespace'";
    if (text_.substr(at_).starts_with(kAnonymous)) {
      at_ += kAnonymous.size();
      return skip_colons();
    }
    in_backtick_ = true;
    ++at_;
  }

  void on_angle() {
    const std::size_t end = bracket_end(text_, at_);
    if (is_lambda(text_.substr(at_, end - at_)) && !out_.empty()) {
      done_ = true;
      return;
    }
    if (!out_.empty()) {
      at_ = end;
      return;
    }
    const std::string_view inner = text_.substr(at_ + 1, end - at_ - 1 - (end > at_ + 1 ? 1 : 0));
    if (end < text_.size() && text_[end] == ':' && depth_ < kMaxRustDepth) {
      // Rust: "<T as Trait>::f", where T may be such a name again.
      Walker(before(inner, " as "), out_, depth_ + 1).run();
    } else {
      out_.assign(text_.substr(at_, std::min(end - at_, kMaxFunctionName)));
    }
    at_ = end;
  }

  void on_square() {
    // ABI tags, clones, Go's and Rust's arguments and hashes; a name that begins with it is a place.
    if (!out_.empty()) {
      at_ = bracket_end(text_, at_);
      return;
    }
    out_ += '[';
    ++at_;
  }

  void on_brace() {
    const std::size_t end = bracket_end(text_, at_);
    if (is_lambda(text_.substr(at_, end - at_))) {
      done_ = true;
    } else {
      out_ += text_.substr(at_, std::min<std::size_t>(end - at_, 64));
      at_ = end;
    }
  }

  void on_blank() {
    // "f (.part.0)" is a clone, "f ()" is gdb's.
    const std::string_view rest = text_.substr(at_);
    if (parameters_seen_ ||
        (!out_.empty() && rest.starts_with(" (") && bracket_end(text_, at_ + 1) == text_.size())) {
      done_ = true;
    } else if (keep_blanks_) {
      out_ += ' ';
      ++at_;
    } else {
      out_.clear();  // that was a return type
      ++at_;
    }
  }

  void skip_colons() {
    while (at_ < text_.size() && text_[at_] == ':') ++at_;
  }

  std::string_view text_;
  std::string& out_;
  std::size_t at_ = 0;
  int depth_;
  bool parameters_seen_ = false;
  bool keep_blanks_ = false;
  bool in_backtick_ = false;
  bool done_ = false;
};

// "foo::$_0::operator()" → "foo".
void cut_at_lambda(std::string& name) {
  if (kLambdaMarks.find(name) == std::string::npos && !contains(name, "lambda")) return;
  for (std::size_t start = 0; start < name.size();) {
    const std::size_t end = std::min(name.find("::", start), name.size());
    if (is_lambda(std::string_view(name).substr(start, end - start))) {
      name.resize(start > 0 ? start - 2 : 0);
      if (name.empty()) name = "lambda";
      return;
    }
    start = end + 2;
  }
}

bool is_number(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

void cut_clone_suffixes(std::string& name) {
  for (;;) {
    const auto dot = name.rfind('.');
    if (dot == std::string::npos || dot == 0) return;
    std::string_view suffix = std::string_view(name).substr(dot + 1);
    const bool known = is_number(suffix) || std::find(std::begin(kCloneSuffixes), std::end(kCloneSuffixes),
                                                      suffix) != std::end(kCloneSuffixes);
    if (!known) return;
    name.resize(dot);
  }
}

// A module's hash that link-time optimisation adds to local names: "f$8d1857…" with 32 digits.
void cut_promotion_hash(std::string& name) {
  constexpr std::size_t kDigits = 32;
  if (name.size() <= kDigits + 1 || name[name.size() - kDigits - 1] != '$') return;
  if (std::all_of(name.end() - kDigits, name.end(), is_hex)) name.resize(name.size() - kDigits - 1);
}

void cut_rust_hash(std::string& name) {
  constexpr std::size_t kSize = 19;  // "::h" and 16 digits
  if (name.size() <= kSize || name.compare(name.size() - kSize, 3, "::h") != 0) return;
  if (std::all_of(name.end() - 16, name.end(), is_hex)) name.resize(name.size() - kSize);
}

// "f+0x1f", "f + 31": how far into the function.
void cut_offset(std::string_view& text) {
  std::size_t end = text.size();
  while (end > 0 && is_hex(text[end - 1])) --end;
  if (end == text.size()) return;
  if (end >= 3 && text.substr(end - 3, 3) == "+0x") {
    text.remove_suffix(text.size() - end + 3);
  } else if (end >= 4 && text.substr(end - 3, 3) == " + ") {
    text.remove_suffix(text.size() - end + 3);
  }
}

// "host.org/me/json.(*T).f" → "json.(*T).f", "java.base/java.util.List.get" → "java.util.List.get",
// "module!f" → "f". No other language has these before its parameters.
void cut_package(std::string_view& text) {
  const std::size_t first = kHeadMarks.find(text);
  if (first == std::string_view::npos || (text[first] != '/' && text[first] != '!')) return;
  const std::string_view head = text.substr(0, kHeadEnds.find(text));
  if (contains(head, "::")) {
    const auto mark = head.find('!');
    if (mark != std::string_view::npos && mark > 0 && !contains(head.substr(0, mark), "operator"))
      text.remove_prefix(mark + 1);
    return;
  }
  const auto slash = head.rfind('/');
  if (slash != std::string_view::npos && slash + 1 < head.size() && contains(head.substr(slash), ".")) {
    text.remove_prefix(slash + 1);
  } else if (const auto mark = head.rfind('!'); mark != std::string_view::npos && mark > 0 &&
                                                mark + 1 < head.size() && is_word(head[mark + 1]) &&
                                                !contains(head, "operator")) {
    text.remove_prefix(mark + 1);
  }
}

void cut_prefixes(std::string_view& text) {
  for (bool again = true; again;) {
    again = false;
    for (std::string_view prefix : kPrefixes) {
      again = (!text.empty() && prefix.front() == text.front() && consume(text, prefix)) || again;
    }
  }
}

// Of an operator the sign is the name.
void cut_trailing(std::string& name) {
  while (!name.empty() &&
         (name.back() == ' ' || name.back() == ':' || name.back() == '*' || name.back() == '&') &&
         !contains(name, "operator")) {
    name.pop_back();
  }
}

}  // namespace

void normalise_function(std::string_view function, std::string& name) {
  name.clear();
  std::string_view text = trim(function);
  if (is_plain_name(text)) {
    name = text;
    return;
  }
  if (text.starts_with("-[") || text.starts_with("+[")) {
    name = clean(text, kMaxFunctionName);
    return;
  }
  cut_offset(text);
  cut_package(text);
  if (auto path = path_of_mangled(text)) {
    name = clean(*path, kMaxFunctionName);
    return;
  }
  cut_prefixes(text);
  Walker(text, name).run();
  cut_at_lambda(name);
  cut_clone_suffixes(name);
  cut_promotion_hash(name);
  cut_rust_hash(name);
  cut_trailing(name);
  const std::size_t lead = name.find_first_not_of(":*& ");
  if (lead != std::string::npos && lead > 0) name.erase(0, lead);
  if (name.empty() || lead == std::string::npos) {
    name = clean(text, kMaxFunctionName);
  } else if (name.size() > kMaxFunctionName) {
    name = clean(name, kMaxFunctionName);
  }
}

std::string normalise_function(std::string_view function) {
  std::string name;
  normalise_function(function, name);
  return name;
}

}  // namespace fuzzmill::workers
