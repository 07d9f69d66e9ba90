// The reading half of corpus_manifest.h: a handler of nlohmann's SAX parser, so that neither the text nor a
// tree of it is ever whole in memory.
#include <fmt/format.h>

#include <algorithm>
#include <limits>
#include <nlohmann/json.hpp>
#include <optional>

#include "schema/corpus_manifest.h"
#include "schema/event.h"
#include "schema/json_object.h"
#include "schema/limits.h"

namespace fuzzmill::schema {
namespace {

using Json = nlohmann::json;

// What the parser may hold of a text, or of blanks, that never end.
constexpr std::size_t kMaxLine = 4u << 20;
constexpr std::size_t kMaxGap = 4096;
constexpr std::size_t kMaxWord = 32;
constexpr std::string_view kReasonOfVersion1 = "all";

// Values as they stand in the JSON. Version 1 tells its one snapshot at the top.
struct Top {
  std::uint64_t version = 0, time_ms = 0, corpus_files = 0, corpus_bytes = 0, files_left_out = 0;
  std::string target, node, engine, build_id, event, selection;
};
struct File {
  std::string sha256, name;
  std::uint64_t size = 0;
};
struct Copy {
  std::string node, name, reason;
  std::int64_t mtime_ms = 0;
  std::uint64_t rank = 0;
};

const std::vector<JsonField<Top>> kTopFields = {
    {"version", &Top::version},
    {"target", &Top::target, kMaxNameSize},
    {"time_ms", &Top::time_ms},
    {"snapshots", JsonArray{}, 0, 2},
    {"files", JsonArray{}},
    {"node", &Top::node, kMaxNameSize, 1},
    {"engine", &Top::engine, kMaxNameSize, 1},
    {"build_id", &Top::build_id, kMaxTextSize, 1},
    {"event", &Top::event, kMaxNameSize, 1},
    {"selection", &Top::selection, kMaxTextSize, 1},
    {"corpus_files", &Top::corpus_files, 0, 1},
    {"corpus_bytes", &Top::corpus_bytes, 0, 1},
    {"files_left_out", &Top::files_left_out, 0, 1},
};
const std::vector<JsonField<ManifestSnapshot>> kSnapshotFields = {
    {"node", &ManifestSnapshot::node, kMaxNameSize},
    {"snapshot", &ManifestSnapshot::snapshot, kMaxNameSize},
    {"engine", &ManifestSnapshot::engine, kMaxNameSize},
    {"build_id", &ManifestSnapshot::build_id, kMaxTextSize},
    {"selection", &ManifestSnapshot::selection, kMaxTextSize},
    {"time_ms", &ManifestSnapshot::time_ms},
    {"corpus_files", &ManifestSnapshot::corpus_files},
    {"corpus_bytes", &ManifestSnapshot::corpus_bytes},
    {"files_left_out", &ManifestSnapshot::files_left_out},
    {"bytes_left_out", &ManifestSnapshot::bytes_left_out},
};
// A name may be six times as long while its bytes are escaped.
const std::vector<JsonField<File>> kFileFields = {
    {"sha256", &File::sha256, 64},
    {"size", &File::size},
    {"copies", JsonArray{}, 0, 2},
    {"name", &File::name, 6 * kMaxCorpusNameSize, 1},
};
const std::vector<JsonField<Copy>> kCopyFields = {
    {"node", &Copy::node, kMaxNameSize}, {"name", &Copy::name, 6 * kMaxCorpusNameSize},
    {"mtime_ms", &Copy::mtime_ms},       {"rank", &Copy::rank},
    {"reason", &Copy::reason, kMaxWord},
};

std::optional<Sha256> read_sha256(std::string_view digits) {
  const bool lower = digits.find_first_not_of("0123456789abcdef") == std::string_view::npos;
  if (digits.size() != 64 || !lower) return std::nullopt;
  const auto bytes = unhex(digits);
  Sha256 out{};
  std::copy(bytes->begin(), bytes->end(), out.begin());
  return out;
}

bool is_word(std::string_view text) {
  return !text.empty() &&
         text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-") == std::string_view::npos;
}

bool is_snapshot(const std::string& id) {
  return id.size() == 16 && id.find_first_not_of("0123456789abcdef") == std::string::npos;
}

// Undoes what the encoder does to bytes that are no UTF-8; `text` is UTF-8. Nothing where no encoder wrote
// it.
std::optional<std::string> unmark(std::string text) {
  constexpr std::string_view kMark = "\xef\xbf\xbd";
  std::size_t at = text.find(kMark);
  if (at == std::string::npos) return text;
  std::string out = text.substr(0, at);
  while (at < text.size()) {
    if (text.compare(at, kMark.size(), kMark) != 0) {
      out += text[at++];
      continue;
    }
    at += kMark.size();
    if (text.compare(at, kMark.size(), kMark) == 0) {
      out += kMark;
      at += kMark.size();
    } else if (at + 1 < text.size() && (text[at] == '\xc2' || text[at] == '\xc3')) {
      out += static_cast<char>((text[at] == '\xc3' ? 0xc0 : 0x80) | (text[at + 1] & 0x3f));
      at += 2;
    } else {
      return std::nullopt;
    }
  }
  return out;
}

class Handler {
 public:
  // What nlohmann's parser calls; false ends the parsing.
  bool null() {
    return value([](auto&) { return false; });
  }
  bool boolean(bool) {
    return value([](auto&) { return false; });
  }
  bool number_float(double, const std::string&) {
    return value([](auto&) { return false; });
  }
  bool binary(const Json::binary_t&) {
    return value([](auto&) { return false; });
  }
  bool number_integer(std::int64_t number) {
    return value([&](auto& object) { return object.number(number); });
  }
  bool number_unsigned(std::uint64_t number) {
    return value([&](auto& object) { return object.number(number); });
  }
  bool string(std::string& text) {
    return value([&](auto& object) { return object.text(std::move(text)); });
  }
  bool key(std::string& name);
  bool start_object(std::size_t);
  bool end_object();
  bool start_array(std::size_t);
  bool end_array();
  bool parse_error(std::size_t at, const std::string&, const std::exception&) {
    if (problem.empty()) problem = fmt::format("is not JSON at byte {}", at);
    return false;
  }

  DecodedManifest out;
  std::string problem;  // empty while all is well
  bool too_many = false;

 private:
  enum class Level { kNone, kTop, kSnapshots, kSnapshot, kFiles, kFile, kCopies, kCopy, kDone };

  std::string where() const;
  bool fail(std::string_view field, std::string_view what);
  template <class F>
  bool with_object(F&& f);
  template <class F>
  bool value(F&& set);
  template <class T>
  bool complete(const JsonObject<T>& object);
  bool begin_list(Level level, std::string_view field);
  bool end_top();
  bool end_snapshot();
  bool end_file();
  bool end_copy();
  bool add_copy(ManifestCopy copy, std::string name);
  bool begin_version1();

  Level level_ = Level::kNone;
  unsigned skipped_ = 0;  // depth within a value that is not known
  std::size_t copies_ = 0;
  JsonObject<Top> top_{kTopFields};
  JsonObject<ManifestSnapshot> snapshot_{kSnapshotFields};
  JsonObject<File> file_{kFileFields};
  JsonObject<Copy> copy_{kCopyFields};
  ManifestEntry entry_;
};

std::string Handler::where() const {
  const CorpusManifest& manifest = out.manifest;
  switch (level_) {
    case Level::kSnapshots:
    case Level::kSnapshot:
      return fmt::format("snapshots[{}]", manifest.snapshots.size());
    case Level::kFiles:
    case Level::kFile:
      return fmt::format("files[{}]", manifest.files.size());
    case Level::kCopies:
    case Level::kCopy:
      return fmt::format("files[{}].copies[{}]", manifest.files.size(), entry_.copies.size());
    default:
      return {};
  }
}

bool Handler::fail(std::string_view field, std::string_view what) {
  const std::string at = where();
  problem = fmt::format("field {}{}{} {}", at, at.empty() || field.empty() ? "" : ".", field, what);
  return false;
}

template <class F>
bool Handler::with_object(F&& f) {
  switch (level_) {
    case Level::kTop:
      return f(top_);
    case Level::kSnapshot:
      return f(snapshot_);
    case Level::kFile:
      return f(file_);
    case Level::kCopy:
      return f(copy_);
    default:
      return fail("", level_ == Level::kNone ? "manifest is not an object" : "is not an object");
  }
}

template <class F>
bool Handler::value(F&& set) {
  if (skipped_ > 0) return true;
  return with_object([&](auto& object) {
    if (!object.known()) return true;
    return set(object) || fail(object.name(), object.wanted());
  });
}

bool Handler::key(std::string& name) {
  if (skipped_ > 0) return true;
  return with_object([&](auto& object) {
    if (!object.key(name)) return fail(object.name(), "is there twice");
    if (level_ == Level::kTop && top_.value.version == 0 && name != "version") {
      return fail("version", "is missing or does not stand first");
    }
    return true;
  });
}

bool Handler::start_object(std::size_t) {
  if (skipped_ > 0) return ++skipped_ > 0;
  switch (level_) {
    case Level::kNone:
      level_ = Level::kTop;
      return true;
    case Level::kSnapshots:
      snapshot_.clear(), level_ = Level::kSnapshot;
      return true;
    case Level::kFiles:
      file_.clear(), entry_ = {}, level_ = Level::kFile;
      return true;
    case Level::kCopies:
      copy_.clear(), level_ = Level::kCopy;
      return true;
    default:
      return with_object([&](auto& object) {
        if (object.known()) return fail(object.name(), object.wanted());
        return ++skipped_ > 0;
      });
  }
}

bool Handler::start_array(std::size_t) {
  if (skipped_ > 0) return ++skipped_ > 0;
  return with_object([&](auto& object) {
    if (!object.known()) return ++skipped_ > 0;
    if (!object.array()) return fail(object.name(), object.wanted());
    if (level_ == Level::kFile) return begin_list(Level::kCopies, object.name());
    return begin_list(object.name() == "files" ? Level::kFiles : Level::kSnapshots, object.name());
  });
}

bool Handler::begin_list(Level level, std::string_view field) {
  const std::uint64_t version = top_.value.version;
  if (version == 0 || version > kCorpusManifestVersion) {
    return fail("version", fmt::format("{} is not known here (newest is {}): upgrade this side first",
                                       version, kCorpusManifestVersion));
  }
  if (version == 1) {
    if (level != Level::kFiles) return fail(field, "is unknown to version 1");
    if (!begin_version1()) return false;
  } else if (level == Level::kFiles && !top_.has("snapshots")) {
    return fail("snapshots", "is missing or stands behind files");
  }
  level_ = level;
  return true;
}

bool Handler::end_array() {
  if (skipped_ > 0) return --skipped_, true;
  level_ = level_ == Level::kCopies ? Level::kFile : Level::kTop;
  return true;
}

bool Handler::end_object() {
  if (skipped_ > 0) return --skipped_, true;
  switch (level_) {
    case Level::kSnapshot:
      return end_snapshot();
    case Level::kFile:
      return end_file();
    case Level::kCopy:
      return end_copy();
    default:
      return end_top();
  }
}

template <class T>
bool Handler::complete(const JsonObject<T>& object) {
  const std::string_view missing = object.missing(static_cast<int>(top_.value.version));
  return missing.empty() || fail(missing, "is missing");
}

bool Handler::end_top() {
  if (!complete(top_)) return false;
  out.version = top_.value.version;
  out.manifest.target = top_.value.target;
  out.manifest.time_ms = top_.value.time_ms;
  if (!valid_name(out.manifest.target)) return fail("target", "is no name");
  level_ = Level::kDone;
  return true;
}

bool Handler::end_snapshot() {
  if (!complete(snapshot_)) return false;
  const ManifestSnapshot& read = snapshot_.value;
  auto& snapshots = out.manifest.snapshots;
  if (!valid_name(read.node)) return fail("node", "is no name");
  if (!snapshots.empty() && snapshots.back().node >= read.node)
    return fail("node", "is out of order or there twice");
  if (!is_snapshot(read.snapshot)) return fail("snapshot", "is not 16 hex digits");
  snapshots.push_back(read);
  level_ = Level::kSnapshots;
  return true;
}

// Its one snapshot stands at the top, before the files.
bool Handler::begin_version1() {
  if (!complete(top_)) return false;
  const Top& top = top_.value;
  if (!valid_name(top.node)) return fail("node", "is no name");
  ManifestSnapshot snapshot;
  snapshot.node = top.node, snapshot.engine = top.engine, snapshot.build_id = top.build_id;
  snapshot.snapshot = is_snapshot(top.event.substr(0, 16)) ? top.event.substr(0, 16) : std::string(16, '0');
  snapshot.selection = top.selection;
  snapshot.time_ms = top.time_ms, snapshot.files_left_out = top.files_left_out;
  snapshot.corpus_files = top.corpus_files, snapshot.corpus_bytes = top.corpus_bytes;
  out.manifest.snapshots.push_back(std::move(snapshot));
  return true;
}

bool Handler::end_copy() {
  if (!complete(copy_)) return false;
  const auto& snapshots = out.manifest.snapshots;
  const auto at =
      std::lower_bound(snapshots.begin(), snapshots.end(), copy_.value.node,
                       [](const ManifestSnapshot& s, const std::string& node) { return s.node < node; });
  if (at == snapshots.end() || at->node != copy_.value.node) return fail("node", "has no snapshot");
  if (copy_.value.rank > std::numeric_limits<std::uint32_t>::max()) return fail("rank", "is too large");
  if (!is_word(copy_.value.reason)) return fail("reason", "is no word");
  auto name = unmark(std::move(copy_.value.name));
  if (!name) return fail("name", "has a mark before no byte");
  ManifestCopy copy;
  copy.snapshot = static_cast<std::uint32_t>(at - snapshots.begin());
  copy.rank = static_cast<std::uint32_t>(copy_.value.rank);
  copy.mtime_ms = copy_.value.mtime_ms;
  copy.reason = std::move(copy_.value.reason);
  if (!add_copy(std::move(copy), std::move(*name))) return false;
  level_ = Level::kCopies;
  return true;
}

bool Handler::add_copy(ManifestCopy copy, std::string name) {
  if (name.empty() || name.size() > kMaxCorpusNameSize) {
    return fail("name", fmt::format("has {} bytes, not 1 to {}", name.size(), kMaxCorpusNameSize));
  }
  if (++copies_ > kMaxCorpusManifestEntries) {
    too_many = true;
    return fail("", fmt::format("is one entry too many: the limit is {}", kMaxCorpusManifestEntries));
  }
  name.shrink_to_fit();
  copy.name = std::move(name);
  if (!entry_.copies.empty()) {
    const ManifestCopy& before = entry_.copies.back();
    if (before.snapshot > copy.snapshot || (before.snapshot == copy.snapshot && before.name >= copy.name)) {
      return fail("name", "is out of order or there twice");
    }
  }
  entry_.copies.push_back(std::move(copy));
  return true;
}

bool Handler::end_file() {
  if (!complete(file_)) return false;
  const auto sha256 = read_sha256(file_.value.sha256);
  if (!sha256) return fail("sha256", "is not 64 hex digits");
  entry_.sha256 = *sha256;
  entry_.size = file_.value.size;
  auto& files = out.manifest.files;
  const bool again = !files.empty() && files.back().sha256 == entry_.sha256;
  if (top_.value.version == 1) {
    // There each name of a content is a file of its own.
    if (again && files.back().size == entry_.size)
      entry_.copies = std::move(files.back().copies), files.pop_back();
    if (!entry_.copies.empty() && entry_.copies.back().name == file_.value.name) {
      files.push_back(std::move(entry_));
      level_ = Level::kFiles;
      return true;
    }
    if (!add_copy({0, 0, {}, 0, std::string(kReasonOfVersion1)}, std::move(file_.value.name))) return false;
  } else if (entry_.copies.empty()) {
    return fail("copies", "is empty");
  }
  if (!files.empty() && files.back().sha256 >= entry_.sha256)
    return fail("sha256", "is out of order or there twice");
  entry_.copies.shrink_to_fit();
  files.push_back(std::move(entry_));
  level_ = Level::kFiles;
  return true;
}

// The characters of the pieces, as nlohmann's parser takes them.
class Characters {
 public:
  explicit Characters(const JsonPieces& pieces) : pieces_(pieces) { fetch(); }

  bool ended() const { return piece_.empty(); }
  char front() const { return piece_.front(); }
  void next() {
    const char passed = piece_.front();
    const bool blank = passed == ' ' || passed == '\n' || passed == '\t' || passed == '\r';
    gap_ = blank ? gap_ + 1 : 0;
    piece_.remove_prefix(1);
    if (gap_ > kMaxGap) piece_ = {};
    if (piece_.empty() && gap_ <= kMaxGap) fetch();
  }
  bool too_large() const { return size_ > kMaxCorpusManifestSize; }
  bool line_too_long() const { return line_ > kMaxLine || gap_ > kMaxGap; }

 private:
  void fetch() {
    piece_ = pieces_();
    size_ += piece_.size();
    const auto end = piece_.rfind('\n');
    line_ = end == std::string_view::npos ? line_ + piece_.size() : piece_.size() - end;
    if (too_large() || line_too_long()) piece_ = {};
  }

  const JsonPieces& pieces_;
  std::string_view piece_;
  std::uint64_t size_ = 0, line_ = 0;
  std::size_t gap_ = 0;
};

class CharacterIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = char;

  explicit CharacterIterator(Characters* characters = nullptr) : characters_(characters) {}
  char operator*() const { return characters_->front(); }
  CharacterIterator& operator++() { return characters_->next(), *this; }
  CharacterIterator operator++(int) { return ++*this; }
  friend bool operator==(const CharacterIterator& a, const CharacterIterator& b) {
    return a.ended() == b.ended();
  }

 private:
  bool ended() const { return characters_ == nullptr || characters_->ended(); }
  Characters* characters_;
};

}  // namespace

Result<DecodedManifest> decode_corpus_manifest(const JsonPieces& pieces) {
  Characters characters(pieces);
  Handler handler;
  const bool parsed = Json::sax_parse(CharacterIterator(&characters), CharacterIterator(), &handler);
  if (characters.too_large()) {
    return too_large(fmt::format("manifest is over the limit of {} bytes", kMaxCorpusManifestSize));
  }
  if (characters.line_too_long()) return too_large("manifest has a line or a gap that is too long");
  if (!parsed) {
    std::string message = "manifest: " + handler.problem;
    return handler.too_many ? too_large(std::move(message)) : invalid(std::move(message));
  }
  return std::move(handler.out);
}

Result<CorpusManifest> decode_corpus_manifest(std::string_view json) {
  bool given = false;
  auto decoded = decode_corpus_manifest(
      JsonPieces([&]() { return std::exchange(given, true) ? std::string_view() : json; }));
  if (!decoded) return std::move(decoded).error();
  return std::move(decoded->manifest);
}

}  // namespace fuzzmill::schema
