#include "store/archive/archive_writer.h"

#include <archive.h>
#include <archive_entry.h>

#include "store/archive/archive_reader.h"
#include "store/archive/tar_header.h"
#include "tests/catch.h"
#include "tests/must.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::store {
namespace {

using tests::must;

std::string page_of(const std::vector<std::string>& contents) {
  std::vector<std::pair<std::string, std::string>> files;
  for (const std::string& bytes : contents)
    files.emplace_back(schema::corpus_entry_name(schema::sha256(bytes)), bytes);
  std::sort(files.begin(), files.end());
  std::string out;
  auto writer = must(ArchiveWriter::to_memory(out, 1'750'000'000));
  for (const auto& [name, bytes] : files) must(writer->add(name, bytes));
  const auto written = must(writer->finish());
  CHECK(written.bytes == out.size());
  CHECK(written.sha256 == schema::sha256_hex(out));
  CHECK(written.entries == contents.size());
  return out;
}

}  // namespace

TEST_CASE("A page comes back as it was written, and the same files give the same bytes") {
  const std::vector<std::string> contents = {"",
                                             "a",
                                             std::string(511, 'b'),
                                             std::string(512, 'c'),
                                             std::string(513, 'd'),
                                             std::string(300'000, 'e'),
                                             std::string("\0\xff", 2)};
  const std::string page = page_of(contents);
  CHECK(page == page_of(contents));
  auto reader = must(ArchiveReader::open(bytes_source(page), ArchiveReader::Manifest::kNone));
  std::vector<std::string> read;
  while (const auto file = must(reader->next())) {
    CHECK(schema::sha256(file->bytes) == file->sha256);
    read.emplace_back(file->bytes);
  }
  std::sort(read.begin(), read.end());
  auto wanted = contents;
  std::sort(wanted.begin(), wanted.end());
  CHECK(read == wanted);
  const std::string empty = page_of({});
  auto none = must(ArchiveReader::open(bytes_source(empty), ArchiveReader::Manifest::kNone));
  CHECK_FALSE(must(none->next()).has_value());
}

}  // namespace fuzzmill::store
