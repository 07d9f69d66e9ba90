#include "producers/engine/elf_build_id.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {

TEST_CASE("a build id is found in an ELF program, and no damaged one harms") {
  tests::TemporaryFolder folder;
  const auto own = build_id_of("/proc/self/exe");
  if (own) CHECK(own->size() >= 16);
  CHECK_FALSE(build_id_of(folder.write("text", "no program")).has_value());
  CHECK_FALSE(build_id_of(folder.path() / "absent").has_value());

  // One note segment right after the headers, as a linker would write it.
  std::string image(64 + 56, '\0');
  const auto put = [&](std::size_t at, std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i)
      image[at + static_cast<std::size_t>(i)] = static_cast<char>(value >> (8 * i));
  };
  image.replace(0, 6, std::string("\x7f") + "ELF\x02\x01");
  put(32, 64, 8), put(54, 56, 2), put(56, 1, 2);            // program headers: where, how large, how many
  put(64, 4, 4), put(64 + 8, 120, 8), put(64 + 32, 20, 8);  // PT_NOTE at 120, 20 bytes
  image += std::string("\4\0\0\0\4\0\0\0\3\0\0\0GNU\0\xde\xad\xbe\xef", 20);
  const auto read_image = [&](std::uint64_t offset, std::size_t size) {
    return offset >= image.size() ? std::string() : image.substr(static_cast<std::size_t>(offset), size);
  };
  CHECK(build_id(read_image) == "deadbeef");
  const std::string good = image;
  for (std::size_t i = 0; i < good.size(); ++i) {
    image = good;
    image[i] = '\xff';
    const auto damaged = build_id(read_image);
    CHECK((!damaged || damaged->size() <= 128));
    image = good.substr(0, i);
    CHECK_FALSE(build_id(read_image).has_value());
  }
}

}  // namespace fuzzmill::producers
