// Fuzzes the reader of archives. The first byte says what the rest is: the packed bytes themselves, or a tar
// that is packed here, so that the fuzzer need not learn to compress. What is read is what its name says,
// once, in order.
#include <optional>
#include <string>

#include "fuzz-harness/decoders/require.h"
#include "store/archive/archive_reader.h"
#include "store/archive/restore.h"

namespace {

using namespace fuzzmill;
using fuzz::require;
using Mode = store::ArchiveReader::Manifest;

// A zstd frame of a small window whose blocks are the bytes themselves: compressing would take most of the
// time.
std::string packed(std::string_view tar) {
  constexpr std::size_t kBlock = 100'000;
  std::string out("\x28\xb5\x2f\xfd\x00\x38", 6);
  bool last = false;
  while (!last) {
    const std::string_view block = tar.substr(0, kBlock);
    tar.remove_prefix(block.size());
    last = tar.empty();
    const std::size_t head = block.size() << 3 | (last ? 1 : 0);
    for (const int shift : {0, 8, 16}) out += static_cast<char>(head >> shift & 0xff);
    out += block;
  }
  return out;
}

void refused(const schema::Error& error) {
  require(!error.message.empty(), "a refusal has a reason");
  require(error.message.size() <= fuzz::kMaxReason, "a reason is short");
}

void read(std::string_view bytes, Mode mode) {
  store::ReadLimits limits;
  limits.entry_bytes = 1 << 20;
  auto reader = store::ArchiveReader::open(store::bytes_source(bytes), mode, limits);
  if (!reader) return refused(reader.error());
  std::optional<schema::Sha256> last;
  std::size_t files = 0;
  while (true) {
    const auto file = (*reader)->next();
    if (!file) return refused(file.error());
    if (!*file) break;
    require(schema::sha256((*file)->bytes) == (*file)->sha256, "a file is what its name says");
    require(!last || *last < (*file)->sha256, "files are in order, each once");
    last = (*file)->sha256;
    ++files;
  }
  if (mode != Mode::kFirst) return;
  require((*reader)->manifest().files.size() == files, "the files are those of the manifest");
  for (const auto& planned : store::plan_restore((*reader)->manifest(), {}, {}).files) {
    require(planned.name.front() != '/' && ("/" + planned.name + "/").find("/../") == std::string::npos,
            "no plan leads out of its folder");
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto rest = fuzz::text_of(data + 1, size - 1);
  const std::string bytes = (data[0] & 1) != 0 ? packed(rest) : std::string(rest);
  read(bytes, Mode::kFirst);
  read(bytes, Mode::kSkipped);
  read(bytes, Mode::kNone);
  return 0;
}
