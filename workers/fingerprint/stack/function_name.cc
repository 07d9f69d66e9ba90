#include "workers/fingerprint/stack/function_name.h"

#include <algorithm>

#include "workers/fingerprint/read/text.h"

namespace fuzzmill::workers {
namespace {

constexpr int kMaxRustDepth = 3;  // keeps the work linear on hostile names

constexpr std::string_view kPrefixes[] = {"non-virtual thunk to ",
                                          "virtual thunk to ",
                                          "covariant return thunk to ",
                                          "[inlined] ",
                                          "inlined ",
                                          "__GI_"};
constexpr std::string_view kCloneSuffixes[] = {
    "cold",   "part",    "isra",    "constprop", "localalias", "llvm",        "lto_priv",
    "cfi",    "cfi_jt",  "clone",   "warm",      "hot",        "unlikely",    "exit",
    "resume", "destroy", "cleanup", "__uniq",    "avx2",       "arch_haswell"};
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

bool is_lambda(std::string_view part) {
  if (part.starts_with("$_") && part.size() > 2 && is_digit(part[2])) return true;
  return part.starts_with("'lambda") || part.starts_with("{lambda") || part.starts_with("{{closure") ||
         part.starts_with("{closure") || part.starts_with("__lambda") || part == "lambda";
}

// Walks a name once and builds its normal form.
class Walker {
 public:
  explicit Walker(std::string_view text, int depth = 0) : text_(text), depth_(depth) {}

  std::string run() {
    while (at_ < text_.size() && !done_ && out_.size() < kMaxFunctionName) step();
    return std::move(out_);
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
    if (c == '@' && !out_.empty()) {
      done_ = true;
      return;
    }
    out_ += c;
    ++at_;
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

  void on_angle() {
    const std::size_t end = bracket_end(text_, at_);
    if (!out_.empty()) {
      at_ = end;
      return;
    }
    const std::string_view inner = text_.substr(at_ + 1, end - at_ - 1 - (end > at_ + 1 ? 1 : 0));
    if (end < text_.size() && text_[end] == ':' && depth_ < kMaxRustDepth) {
      // Rust: "<T as Trait>::f", where T may be such a name again.
      out_ = Walker(before(inner, " as "), depth_ + 1).run();
    } else {
      out_.assign(text_.substr(at_, std::min(end - at_, kMaxFunctionName)));
    }
    at_ = end;
  }

  void on_square() {
    const std::string_view rest = text_.substr(at_);
    if (rest.starts_with("[abi:") || rest.starts_with("[clone")) {
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
    if (parameters_seen_ || text_.substr(at_).starts_with(" (.")) {  // "f (.part.0)": a clone
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
  std::string out_;
  std::size_t at_ = 0;
  int depth_;
  bool parameters_seen_ = false;
  bool keep_blanks_ = false;
  bool done_ = false;
};

// "foo::$_0::operator()" → "foo".
void cut_at_lambda(std::string& name) {
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

}  // namespace

std::string normalise_function(std::string_view function) {
  std::string_view text = trim(function);
  if (text.starts_with("-[") || text.starts_with("+[")) return clean(text, kMaxFunctionName);
  for (bool again = true; again;) {
    again = false;
    for (std::string_view prefix : kPrefixes) again = consume(text, prefix) || again;
  }
  std::string name = Walker(text).run();
  cut_at_lambda(name);
  cut_clone_suffixes(name);
  cut_promotion_hash(name);
  cut_rust_hash(name);
  while (!name.empty() &&
         (name.back() == ' ' || name.back() == ':' || name.back() == '*' || name.back() == '&') &&
         !contains(name, "operator")) {
    name.pop_back();
  }
  const std::size_t lead = name.find_first_not_of(":*& ");
  if (lead != std::string::npos && lead > 0) name.erase(0, lead);
  if (name.empty() || lead == std::string::npos) return clean(text, kMaxFunctionName);
  return name.size() > kMaxFunctionName ? clean(name, kMaxFunctionName) : name;
}

}  // namespace fuzzmill::workers
