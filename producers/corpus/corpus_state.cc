#include "producers/corpus/corpus_state.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <fstream>
#include <utility>

#include "producers/evidence/artifact.h"
#include "runtime/durable_file.h"
#include "schema/corpus_manifest.h"

namespace fuzzmill::producers {
namespace {

constexpr std::string_view kMagic = "fuzzmill corpus state 1\n";
constexpr std::uint64_t kMaxStateBytes = 512u << 20;

void put(std::string& out, std::uint64_t value) {
  for (int shift = 0; shift < 64; shift += 8) out.push_back(static_cast<char>(value >> shift & 0xff));
}

void put(std::string& out, std::string_view text) {
  put(out, text.size());
  out.append(text);
}

// Reads what put() wrote; all zero and empty behind the end.
class Cursor {
 public:
  explicit Cursor(std::string_view bytes) : left_(bytes) {}
  std::string_view bytes(std::uint64_t count) {
    if (count > left_.size()) return bad_ = true, std::string_view{};
    const auto taken = left_.substr(0, count);
    left_.remove_prefix(count);
    return taken;
  }
  std::uint64_t number() {
    std::uint64_t value = 0;
    int shift = 0;
    for (const char c : bytes(8)) value |= std::uint64_t{static_cast<unsigned char>(c)} << shift, shift += 8;
    return value;
  }
  std::string_view text(std::uint64_t limit) {
    const auto size = number();
    if (size > limit) return bad_ = true, std::string_view{};
    return bytes(size);
  }
  bool good() const { return !bad_; }
  bool done() const { return left_.empty(); }

 private:
  std::string_view left_;
  bool bad_ = false;
};

std::string_view view(const schema::Sha256& sha256) {
  return {reinterpret_cast<const char*>(sha256.data()), sha256.size()};
}

}  // namespace

CorpusState::Files::value_type& CorpusState::see(CorpusEntry entry) {
  auto& known = *files.try_emplace(std::move(entry.name)).first;
  auto& file = known.second;
  const bool same = file.size == entry.size && file.mtime_ns == entry.mtime_ns && file.inode == entry.inode;
  file.hashed = file.hashed && same;
  file.size = entry.size;
  file.mtime_ns = entry.mtime_ns;
  file.inode = entry.inode;
  return known;
}

std::uint64_t CorpusState::mark(const RememberedFile& file) {
  std::string text(view(file.sha256));
  put(text, file.size);
  put(text, static_cast<std::uint64_t>(file.mtime_ns / 1'000'000));
  put(text, file.rank);
  put(text, file.reason);
  const auto digest = schema::sha256(text);
  std::uint64_t mark = 0;
  std::memcpy(&mark, digest.data(), sizeof mark);
  return mark == 0 ? 1 : mark;
}

std::string CorpusState::encode() const {
  constexpr std::size_t kNumbers = 6 * sizeof(std::uint64_t) + sizeof(schema::Sha256);  // of one file
  std::string out;
  std::size_t size = 256;
  for (const auto& [name, file] : files) size += name.size() + kNumbers;
  out.reserve(size);  // growing, it would take twice as much
  out.append(kMagic);
  put(out, snapshot);
  put(out, snapshot_ms);
  const auto worth_keeping = [](const auto& file) {
    return (file.second.hashed && file.second.settled) || file.second.listed != 0;
  };
  put(out, static_cast<std::uint64_t>(std::count_if(files.begin(), files.end(), worth_keeping)));
  for (const auto& entry : files) {
    if (!worth_keeping(entry)) continue;
    const auto& [name, file] = entry;
    put(out, name);
    put(out, file.size);
    put(out, static_cast<std::uint64_t>(file.mtime_ns));
    put(out, file.inode);
    put(out, file.listed);
    put(out, std::uint64_t{file.hashed && file.settled});
    out.append(view(file.sha256));
  }
  const auto checksum = schema::sha256(out);
  return out.append(view(checksum));
}

schema::Result<CorpusState> CorpusState::decode(std::string_view bytes) {
  constexpr std::size_t kChecksum = sizeof(schema::Sha256);
  if (bytes.substr(0, kMagic.size()) != kMagic) return schema::invalid("no corpus state of this version");
  if (bytes.size() < kMagic.size() + kChecksum) return schema::invalid("cut short");
  const auto body = bytes.substr(0, bytes.size() - kChecksum);
  if (view(schema::sha256(body)) != bytes.substr(body.size()))
    return schema::invalid("its checksum is wrong");
  Cursor in(body.substr(kMagic.size()));
  CorpusState state;
  state.snapshot = in.text(64);
  state.snapshot_ms = in.number();
  const auto count = in.number();
  for (std::uint64_t i = 0; i < count && in.good(); ++i) {
    auto& file = state.files[std::string(in.text(schema::kMaxCorpusNameSize))];
    file.size = in.number();
    file.mtime_ns = static_cast<std::int64_t>(in.number());
    file.inode = in.number();
    file.listed = in.number();
    file.hashed = file.settled = in.number() != 0;
    const auto digest = in.bytes(kChecksum);
    std::copy(digest.begin(), digest.end(), file.sha256.begin());
  }
  if (!in.good() || !in.done()) return schema::invalid("its parts do not fit");
  return state;
}

CorpusState load_state(const std::filesystem::path& file, std::string* problem) {
  const auto bytes = read_bounded(file, kMaxStateBytes);
  if (!bytes) {
    if (problem != nullptr && bytes.error().code != schema::ErrorCode::kNotFound)
      *problem = bytes.error().message;
    return {};
  }
  auto state = CorpusState::decode(*bytes);
  if (state) return std::move(*state);
  if (problem != nullptr) *problem = fmt::format("{}: {}", file.string(), state.error().message);
  return {};
}

std::uint64_t last_snapshot_ms(const std::filesystem::path& file) {
  std::array<char, 256> head{};
  std::ifstream in(file, std::ios::binary);
  in.read(head.data(), head.size());
  const std::string_view bytes(head.data(), static_cast<std::size_t>(in.gcount()));
  if (bytes.substr(0, kMagic.size()) != kMagic) return 0;
  Cursor cursor(bytes.substr(kMagic.size()));
  cursor.text(64);
  const auto time = cursor.number();
  return cursor.good() ? time : 0;
}

schema::Status save_state(const std::filesystem::path& file, const CorpusState& state) {
  return runtime::write_durably(file, state.encode());
}

}  // namespace fuzzmill::producers
