#include "producers/engine/elf_build_id.h"

#include <elf.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "schema/digest.h"

namespace fuzzmill::producers {
namespace {

constexpr std::size_t kMaxSegments = 128;
constexpr std::size_t kMaxNotes = 64 * 1024;  // bytes of one segment
constexpr std::size_t kMaxId = 64;            // bytes; SHA-1 has 20

template <class T>
std::optional<T> read_struct(std::string_view bytes, std::size_t at) {
  if (at > bytes.size() || bytes.size() - at < sizeof(T)) return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + at, sizeof value);
  return value;
}

std::size_t padded(std::size_t size) { return (size + 3) & ~std::size_t{3}; }

std::optional<std::string> id_in_notes(std::string_view notes) {
  std::size_t at = 0;
  while (const auto head = read_struct<Elf64_Nhdr>(notes, at)) {
    const std::size_t name = at + sizeof(Elf64_Nhdr);
    const std::size_t content = name + padded(head->n_namesz);
    if (head->n_namesz > notes.size() || head->n_descsz > notes.size() ||
        content + head->n_descsz > notes.size()) {
      return std::nullopt;
    }
    const bool gnu = notes.substr(name, head->n_namesz) == std::string_view("GNU\0", 4);
    if (gnu && head->n_type == NT_GNU_BUILD_ID && head->n_descsz > 0 && head->n_descsz <= kMaxId) {
      return schema::hex(notes.substr(content, head->n_descsz));
    }
    at = content + padded(head->n_descsz);
  }
  return std::nullopt;
}

}  // namespace

std::optional<std::string> build_id(const ReadAt& read) {
  const auto header = read_struct<Elf64_Ehdr>(read(0, sizeof(Elf64_Ehdr)), 0);
  if (!header || std::memcmp(header->e_ident, ELFMAG, SELFMAG) != 0 ||
      header->e_ident[EI_CLASS] != ELFCLASS64 || header->e_ident[EI_DATA] != ELFDATA2LSB ||
      header->e_phentsize != sizeof(Elf64_Phdr)) {
    return std::nullopt;
  }
  const std::size_t count = std::min<std::size_t>(header->e_phnum, kMaxSegments);
  const std::string segments = read(header->e_phoff, count * sizeof(Elf64_Phdr));
  for (std::size_t i = 0; i < count; ++i) {
    const auto segment = read_struct<Elf64_Phdr>(segments, i * sizeof(Elf64_Phdr));
    if (!segment || segment->p_type != PT_NOTE) continue;
    const auto size = std::min<std::uint64_t>(segment->p_filesz, kMaxNotes);
    if (auto id = id_in_notes(read(segment->p_offset, static_cast<std::size_t>(size)))) return id;
  }
  return std::nullopt;
}

std::optional<std::string> build_id_of(const std::filesystem::path& program) {
  const int fd = ::open(program.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK);
  if (fd < 0) return std::nullopt;
  auto id = build_id([fd](std::uint64_t offset, std::size_t size) {
    std::string bytes(size, '\0');
    const ssize_t got = ::pread(fd, bytes.data(), size, static_cast<off_t>(offset));
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  });
  ::close(fd);
  return id;
}

}  // namespace fuzzmill::producers
