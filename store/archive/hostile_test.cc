// Archives that somebody made to do harm, or that a disk spoiled.
#include <archive.h>
#include <archive_entry.h>

#include <functional>

#include "store/archive/packed_sink.h"
#include "store/archive/restore.h"
#include "store/archive/tar_header.h"
#include "tests/catch.h"
#include "tests/sample_archives.h"

namespace fuzzmill::store {
namespace {

using namespace fuzzmill::tests;
using schema::ErrorCode;

std::string zstd(const std::string& bytes) {
  std::string out;
  const auto sink = must(zstd_sink(
      [&](std::string_view packed) -> schema::Status {
        out += packed;
        return {};
      },
      1 << 20));
  must(sink->write(bytes));
  must(sink->finish());
  return out;
}

std::string name_of(const std::string& bytes) { return schema::corpus_entry_name(schema::sha256(bytes)); }

std::string entry(const std::string& name, const std::string& bytes) {
  const TarHeader header = tar_header({name, bytes.size(), 1'750'000'000});
  return std::string(header.data(), header.size()) + bytes + std::string(tar_padding(bytes.size()), '\0');
}

// The header with some bytes changed, its checksum right.
std::string forged(const std::string& name, const std::function<void(std::string&)>& change) {
  std::string header = entry(name, "").substr(0, kTarBlock);
  change(header);
  header.replace(148, 8, "        ");
  unsigned sum = 0;
  for (const char byte : header) sum += static_cast<unsigned char>(byte);
  char digits[8];
  std::snprintf(digits, sizeof digits, "%06o", sum);
  return header.replace(148, 7, std::string(digits, 7));
}

const std::string kEnd(2 * kTarBlock, '\0');

std::string refusal(const std::string& archive, ErrorCode code = ErrorCode::kInvalid,
                    ArchiveReader::Manifest mode = ArchiveReader::Manifest::kNone, ReadLimits limits = {}) {
  auto reader = ArchiveReader::open(bytes_source(archive), mode, limits);
  while (reader.ok()) {
    auto next = (*reader)->next();
    if (!next) {
      CHECK(next.error().code == code);
      return next.error().message;
    }
    if (!*next) return "read to its end";
  }
  CHECK(reader.error().code == code);
  return reader.error().message;
}

bool has(const std::string& text, std::string_view part) {
  INFO(text);
  CHECK(text.find(part) != std::string::npos);
  return text.find(part) != std::string::npos;
}

std::string refused_page(const std::string& tar) { return refusal(zstd(tar + kEnd)); }

}  // namespace

TEST_CASE("Our header is that of libarchive's ustar, so plain tar reads it") {
  std::string tar;
  const std::unique_ptr<archive, int (*)(archive*)> writer(archive_write_new(), archive_write_free);
  const auto append = [](archive*, void* out, const void* bytes, std::size_t size) {
    static_cast<std::string*>(out)->append(static_cast<const char*>(bytes), size);
    return static_cast<la_ssize_t>(size);
  };
  REQUIRE(archive_write_set_format_ustar(writer.get()) == ARCHIVE_OK);
  REQUIRE(archive_write_set_bytes_in_last_block(writer.get(), 1) == ARCHIVE_OK);
  REQUIRE(archive_write_open(writer.get(), &tar, nullptr, +append, nullptr) == ARCHIVE_OK);
  const std::unique_ptr<archive_entry, void (*)(archive_entry*)> one(archive_entry_new(), archive_entry_free);
  archive_entry_set_pathname(one.get(), name_of("hello").c_str());
  archive_entry_set_size(one.get(), 5);
  archive_entry_set_filetype(one.get(), AE_IFREG);
  archive_entry_set_perm(one.get(), 0644);
  archive_entry_set_mtime(one.get(), 1'750'000'000, 0);
  REQUIRE(archive_write_header(writer.get(), one.get()) == ARCHIVE_OK);
  REQUIRE(archive_write_data(writer.get(), "hello", 5) == 5);
  REQUIRE(archive_write_close(writer.get()) == ARCHIVE_OK);
  CHECK(tar == entry(name_of("hello"), "hello") + kEnd);
  CHECK(must(read_tar_header(tar.substr(0, kTarBlock))).size == 5);
}

TEST_CASE("Only files are read from an archive: links, devices and what else tar has are refused by name") {
  const std::pair<char, const char*> types[] = {
      {'1', "hard link"},    {'2', "symbolic link"}, {'3', "character device"},
      {'4', "block device"}, {'5', "folder"},        {'6', "fifo"},
      {'x', "pax"},          {'g', "pax"},           {'L', "GNU"},
      {'S', "sparse"},       {'Z', "type"}};
  for (const auto& [type, word] : types) {
    const std::string message =
        refused_page(forged(name_of("x"), [type = type](std::string& header) { header[156] = type; }));
    has(message, word);
    has(message, name_of("x"));
  }
}

TEST_CASE("Names that no archive has are refused, and the message says why") {
  has(refused_page(entry("/etc/passwd", "x")), "entry /etc/passwd has an absolute path");
  has(refused_page(entry("../x", "x")), "entry ../x has a path with ..");
  has(refused_page(entry("corpus/../../x", "x")), "has a path with ..");
  has(refused_page(entry("corpus/\xff\x1b", "x")), "entry corpus/\\xff\\x1b has a name that is no UTF-8");
  has(refused_page(entry("corpus/short", "x")), "is not corpus/<sha256>");
  has(refused_page(entry("corpus/" + std::string(64, 'A'), "x")), "is not corpus/<sha256>");
  has(refused_page(entry("manifest.json", "x")), "does not belong here");
  has(refused_page(forged("x", [](std::string& header) { header.replace(0, 100, std::string(100, 'n')); })),
      "over-long");
  has(refused_page(forged(name_of("x"), [](std::string& header) { header[345] = 'p'; })), "over-long");
}

TEST_CASE("Entries twice, out of order or with other bytes than their name says are refused") {
  std::vector<std::string> three = {"a", "b", "c"};
  std::sort(three.begin(), three.end(), [](const auto& a, const auto& b) { return name_of(a) < name_of(b); });
  const auto of = [&](std::size_t i) { return entry(name_of(three[i]), three[i]); };
  CHECK(refusal(zstd(of(0) + of(1) + of(2) + kEnd)) == "read to its end");
  has(refused_page(of(0) + of(0)), "is there twice");
  has(refused_page(of(1) + of(0)), "is out of order");
  has(refused_page(entry(name_of("a"), "b")), "another SHA-256");
  has(refused_page(of(0).substr(0, 700) + std::string(323, '\0') + "x"), "something behind its end");
  has(refused_page(of(0) + std::string(kTarBlock, '\0') + of(1)), "zeros between");
  has(refused_page(of(0) + entry(name_of(three[1]), three[1]).replace(136, 11, "00000000001")), "header");
}

TEST_CASE("What is cut short, has something behind its end or is no archive is refused") {
  const std::string tar = entry(name_of("x"), "x") + kEnd;
  const std::string page = zstd(tar);
  has(refusal(""), "cut short");
  has(refusal("hello world"), "neither zstd nor gzip");
  has(refusal(page + "x"), "behind its end");
  has(refusal(page + page), "behind its end");
  has(refusal(zstd(tar + "x")), "behind its end");
  has(refusal(zstd(tar + std::string(512, '\0'))), "behind its end");
  has(refusal(zstd(page)), "cut short");
  has(refusal(zstd(tar.substr(0, 1024))), "cut short");
  has(refusal(zstd(tar.substr(0, 1536))), "cut short");
  has(refusal(zstd("not a tar" + std::string(2000, 'x'))), "no tar header");
  for (std::size_t size = 0; size < page.size(); ++size) {
    if (refusal(page.substr(0, size)) == "read to its end") FAIL("cut to " << size << " bytes");
  }
}

TEST_CASE("Bombs are refused before memory is taken") {
  const auto claims = [](const std::string& size) {
    return forged(name_of("x"), [&](std::string& header) { header.replace(124, 11, size); });
  };
  has(refusal(zstd(claims("77777777777") + kEnd), ErrorCode::kTooLarge), "over the limit");
  has(refusal(zstd(claims("00400000001") + kEnd), ErrorCode::kTooLarge), "over the limit");
  has(refusal(zstd(claims("00400000000") + kEnd)), "cut short");
  ReadLimits limits;
  limits.total_bytes = 1;
  std::vector<std::string> two = {"a", "b"};
  std::sort(two.begin(), two.end(), [](const auto& a, const auto& b) { return name_of(a) < name_of(b); });
  const std::string page = zstd(entry(name_of(two[0]), two[0]) + entry(name_of(two[1]), two[1]) + kEnd);
  has(refusal(page, ErrorCode::kTooLarge, ArchiveReader::Manifest::kNone, limits), "over the limit");
  limits = {};
  limits.entries = 1;
  has(refusal(page, ErrorCode::kTooLarge, ArchiveReader::Manifest::kNone, limits), "over the limit");
  // A manifest of 200 MB, which is 20 KB packed: blanks are not taken, nor are lists of nothing without end.
  const TarHeader header = tar_header({"manifest.json", 200u << 20, 1'750'000'000});
  std::string bomb(header.data(), header.size());
  const std::size_t begin = bomb.size();
  bomb.append(200u << 20, '\n');
  has(refusal(zstd(bomb), ErrorCode::kTooLarge, ArchiveReader::Manifest::kFirst), "gap");
  bomb.resize(begin);
  bomb += "{\"version\":2,\"moon\":[0";
  while (bomb.size() < begin + (100u << 20)) bomb += ",0\n";
  has(refusal(zstd(bomb), ErrorCode::kTooLarge, ArchiveReader::Manifest::kFirst), "times its size");
  // A window of 128 MB: magic, a descriptor without anything, the window, an empty last block.
  has(refusal(std::string("\x28\xb5\x2f\xfd\x00\x88\x01\x00\x00", 9), ErrorCode::kTooLarge), "window");
}

TEST_CASE("An archive whose manifest and files differ is refused, naming the file") {
  const auto manifest = manifest_of({{"nyc", {{"a", "one"}, {"b", "two"}}}});
  const std::string text = schema::encode_corpus_manifest(manifest);
  const auto sum = entry("manifest.json.sha256", schema::sha256_hex(text) + "  manifest.json\n");
  const auto files = [&](std::vector<std::string> contents) {
    std::sort(contents.begin(), contents.end(),
              [](const auto& a, const auto& b) { return name_of(a) < name_of(b); });
    std::string tar = entry("manifest.json", text) + sum;
    for (const std::string& bytes : contents) tar += entry(name_of(bytes), bytes);
    return zstd(tar + kEnd);
  };
  const auto refused = [](const std::string& bytes) {
    return refusal(bytes, ErrorCode::kInvalid, ArchiveReader::Manifest::kFirst);
  };
  CHECK(refused(files({"one", "two"})) == "read to its end");
  has(refused(files({"one"})), name_of("two") + " is missing");
  has(refused(files({"two"})), name_of("one") + " is missing");
  has(refused(files({"one", "two", "three"})), name_of("three") + " is not in the manifest");
  has(refused(zstd(entry("manifest.json", text) + kEnd)), "no manifest.json.sha256");
  has(refused(zstd(entry("manifest.json", text + " ") + sum + kEnd)), "another SHA-256");
  has(refused(zstd(entry(name_of("one"), "one") + kEnd)), "does not begin with manifest.json");
  has(refused(zstd(entry("manifest.json", "{}") + kEnd)), "version is missing");
  auto other = manifest;
  other.files[0].size = 99;
  const std::string wrong = schema::encode_corpus_manifest(other);
  std::string tar = entry("manifest.json", wrong) +
                    entry("manifest.json.sha256", schema::sha256_hex(wrong) + "  manifest.json\n");
  const bool first = name_of("one") < name_of("two");
  tar += entry(name_of(first ? "one" : "two"), first ? "one" : "two");
  has(refused(zstd(tar + kEnd)), "where the manifest says 99");
}

TEST_CASE("Any byte of an archive that turned is found and named, in both formats") {
  TemporaryFolder folder;
  for (const auto format : {ArchiveFormat::kTarZst, ArchiveFormat::kTarGz}) {
    const auto made =
        make(folder.path() / "a", {{"nyc", {{"a", "one"}, {"b", std::string(600, 'q') + "two"}}}}, format);
    const std::string good = folder.read("a");
    const auto manifest = must(verify_archive(bytes_source(good), made.written.sha256)).manifest;
    std::string bad = good;
    std::size_t harmless = 0;
    for (std::size_t at = 0; at < good.size() * 8; ++at) {
      bad[at / 8] = static_cast<char>(good[at / 8] ^ (1 << at % 8));
      if (at % 8 == at / 8 % 8) {
        const auto known = verify_archive(bytes_source(bad), made.written.sha256);
        if (known) FAIL("bit " << at << " turned unseen");
        if (known.error().message.empty()) FAIL("bit " << at << " without a word");
      }
      // Without the SHA-256 of the file: what is in it is the same, or it is found.
      const auto alone = verify_archive(bytes_source(bad), "");
      if (alone && !(alone->manifest == manifest && alone->id == made.id))
        FAIL("bit " << at << " changed what is in it");
      harmless += alone ? 1 : 0;
      bad[at / 8] = good[at / 8];
    }
    // The head of gzip (time, flags for text and system), its sum and length; of zstd next to nothing.
    CHECK(harmless < (format == ArchiveFormat::kTarZst ? 40 : 200));
    for (const char more : {'x', '\0'}) {
      const std::string longer = good + std::string(3, more);
      CHECK_FALSE(verify_archive(bytes_source(longer), "").ok());
    }
  }
}

TEST_CASE("An archive of version 1 is read, and hostile names in it go nowhere") {
  const std::string text =
      "{\"version\":1,\"target\":\"t\",\"node\":\"n\",\"engine\":\"afl\",\"build_id\":\"\",\"event\":\"" +
      std::string(32, '7') +
      "\",\"time_ms\":1750000000000,\"selection\":\"all\",\"corpus_files\":1,\"corpus_bytes\":1,\"files_left_"
      "out\":0,"
      "\"files\":[{\"sha256\":\"" +
      schema::sha256_hex("x") + "\",\"name\":\"../../x\",\"size\":1}]}\n";
  TemporaryFolder folder;
  const auto file =
      folder.write("in/archive", zstd(entry("manifest.json", text) + entry(name_of("x"), "x") + kEnd));
  const auto verified = must(verify_archive(must(file_source(file)), ""));
  RestoreOptions options;
  options.to = folder.path() / "a/b/c";
  options.nodes = {"n"};
  const auto plan = plan_restore(verified.manifest, options, {});
  CHECK(plan.renamed == 1);
  must(restore(must(file_source(file)), plan, options, 0));
  CHECK(tree_of(options.to) == Names{{schema::sha256_hex("x"), "x"}});
  CHECK_FALSE(std::filesystem::exists(folder.path() / "x"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "a/x"));
}

}  // namespace fuzzmill::store
