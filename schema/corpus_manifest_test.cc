#include "schema/corpus_manifest.h"

#include "tests/catch.h"

namespace fuzzmill::schema {
namespace {

Sha256 digest(std::uint8_t first) {
  Sha256 out{};
  out[0] = first;
  return out;
}

CorpusManifest example() {
  CorpusManifest manifest;
  manifest.target = "fuzz_tlv", manifest.time_ms = 1'750'000'000'000;
  manifest.snapshots = {
      {"ams", "00112233aabbccdd", "afl", "", "top 100", 1'749'999'999'999, 7, 70, 2, 20},
      {"nyc", "ffeeddccbbaa9988", "libfuzzer", "abc", "all", 1'750'000'000'000, 3, 9, 0, 0},
  };
  manifest.files = {
      {digest(1),
       4,
       {{0, 1, "id:000001,src:000000+cov", -5, "favoured"}, {1, 2, "a/b", 1, "all"}, {1, 0, "z", 2, "all"}}},
      {digest(2), 5, {{1, 1, "../seed \"1\"\\ \n\x7f", 3, "new-coverage"}}},
  };
  return manifest;
}

std::string with(std::string text, const std::string& old, const std::string& now) {
  const auto at = text.find(old);
  REQUIRE(at != std::string::npos);
  return text.replace(at, old.size(), now);
}

std::string refusal(const std::string& text, ErrorCode code = ErrorCode::kInvalid) {
  const auto result = decode_corpus_manifest(text);
  REQUIRE_FALSE(result.ok());
  CHECK(result.error().code == code);
  return result.error().message;
}

bool has(const std::string& text, std::string_view part) { return text.find(part) != std::string::npos; }

// As archives of before have it, byte for byte.
std::string version1() {
  const auto file = [](const Sha256& sha256, const std::string& name, int size) {
    return "  {\n   \"sha256\": \"" + hex(sha256) + "\",\n   \"name\": \"" + name +
           "\",\n   \"size\": " + std::to_string(size) + "\n  }";
  };
  return "{\n \"version\": 1,\n \"target\": \"fuzz_tlv\",\n \"node\": \"nyc\",\n \"engine\": \"libfuzzer\",\n"
         " \"build_id\": \"abc\",\n \"event\": \"" +
         std::string(16, '1') + std::string(16, '2') +
         "\",\n \"time_ms\": 1750000000000,\n \"selection\": \"all\",\n \"corpus_files\": 3,\n"
         " \"corpus_bytes\": 9,\n \"files_left_out\": 1,\n \"files\": [\n" +
         file(digest(1), "a", 4) + ",\n" + file(digest(1), "b", 4) + ",\n" +
         file(digest(2), "\xef\xbf\xbd", 5) + "\n ]\n}\n";
}

}  // namespace

TEST_CASE("A corpus manifest comes back as it was, and equal ones have equal bytes") {
  const std::string text = encode_corpus_manifest(example());
  const auto back = decode_corpus_manifest(text);
  REQUIRE(back.ok());
  CHECK(*back == example());
  CHECK(encode_corpus_manifest(*back) == text);
  const CorpusManifest empty{"t", 0, {}, {}};
  const auto nothing = decode_corpus_manifest(encode_corpus_manifest(empty));
  REQUIRE(nothing.ok());
  CHECK(*nothing == empty);
}

TEST_CASE("Version 2 of the corpus manifest has these bytes, a line a file") {
  const std::string zeros(62, '0');
  CHECK(encode_corpus_manifest(example()) ==
        "{\"version\":2,\"target\":\"fuzz_tlv\",\"time_ms\":1750000000000,\n"
        "\"snapshots\":[\n"
        "{\"node\":\"ams\",\"snapshot\":\"00112233aabbccdd\",\"engine\":\"afl\",\"build_id\":\"\","
        "\"selection\":\"top 100\","
        "\"time_ms\":1749999999999,\"corpus_files\":7,\"corpus_bytes\":70,\"files_left_out\":2,\"bytes_left_"
        "out\":20},\n"
        "{\"node\":\"nyc\",\"snapshot\":\"ffeeddccbbaa9988\",\"engine\":\"libfuzzer\",\"build_id\":\"abc\","
        "\"selection\":\"all\","
        "\"time_ms\":1750000000000,\"corpus_files\":3,\"corpus_bytes\":9,\"files_left_out\":0,\"bytes_left_"
        "out\":0}\n"
        "],\n"
        "\"files\":[\n"
        "{\"sha256\":\"01" +
            zeros +
            "\",\"size\":4,\"copies\":["
            "{\"node\":\"ams\",\"name\":\"id:000001,src:000000+cov\",\"mtime_ms\":-5,\"rank\":1,\"reason\":"
            "\"favoured\"},"
            "{\"node\":\"nyc\",\"name\":\"a/b\",\"mtime_ms\":1,\"rank\":2,\"reason\":\"all\"},"
            "{\"node\":\"nyc\",\"name\":\"z\",\"mtime_ms\":2,\"rank\":0,\"reason\":\"all\"}]},\n"
            "{\"sha256\":\"02" +
            zeros +
            "\",\"size\":5,\"copies\":["
            "{\"node\":\"nyc\",\"name\":\"../seed \\\"1\\\"\\\\ "
            "\\u000a\x7f\",\"mtime_ms\":3,\"rank\":1,\"reason\":\"new-coverage\"}]}\n"
            "]}\n");
}

TEST_CASE("Names of any bytes come back as they were") {
  const std::string names[] = {
      "\xff",         "\xff\xfe x",       "\xef\xbf\xbd", "\xef\xbf\xbd\xff\xef\xbf\xbd\xef\xbf\xbd",
      "\xc3",         "\xc3\xa9",         "\xed\xa0\x80", std::string("a\0b", 3),
      "\x80\xbf\xc0", "\xf0\x9f\x92\xa9", "\\u00ff"};
  for (const std::string& name : names) {
    CorpusManifest manifest = example();
    manifest.files[1].copies[0].name = name;
    const std::string text = encode_corpus_manifest(manifest);
    const auto back = decode_corpus_manifest(text);
    REQUIRE(back.ok());
    CHECK(back->files[1].copies[0].name == name);
  }
  std::string all;
  for (int byte = 0; byte < 256; ++byte) all += static_cast<char>(byte), all += static_cast<char>(255 - byte);
  CorpusManifest manifest = example();
  manifest.files[1].copies[0].name = all;
  CHECK(*decode_corpus_manifest(encode_corpus_manifest(manifest)) == manifest);
}

TEST_CASE("A manifest of version 1 is read as one snapshot") {
  const std::string text = version1();
  const auto read = decode_corpus_manifest(text);
  REQUIRE(read.ok());
  CHECK(read->target == "fuzz_tlv");
  CHECK(read->time_ms == 1'750'000'000'000);
  CHECK(read->snapshots == std::vector<ManifestSnapshot>{{"nyc", std::string(16, '1'), "libfuzzer", "abc",
                                                          "all", 1'750'000'000'000, 3, 9, 1, 0}});
  CHECK(read->files ==
        std::vector<ManifestEntry>{{digest(1), 4, {{0, 0, "a", 0, "all"}, {0, 0, "b", 0, "all"}}},
                                   {digest(2), 5, {{0, 0, "\xef\xbf\xbd", 0, "all"}}}});
  CHECK(has(refusal(with(text, "\"size\": 4", "\"size\": 5")), "files[1].sha256 is out of order"));
  CHECK(has(refusal(with(text, "\"engine\"", "\"motor\"")), "engine is missing"));
}

TEST_CASE("A corpus manifest that arrives in pieces is the same") {
  for (const std::string& text : {encode_corpus_manifest(example()), version1()}) {
    for (const std::size_t size : {1u, 2u, 7u, 100u}) {
      std::size_t at = 0;
      const auto read = decode_corpus_manifest(JsonPieces([&]() {
        const auto piece = std::string_view(text).substr(at, size);
        at += piece.size();
        return piece;
      }));
      REQUIRE(read.ok());
      CHECK(read->manifest == *decode_corpus_manifest(text));
      CHECK(read->version == (text.substr(0, 12) == "{\"version\":2" ? 2 : 1));
    }
  }
}

TEST_CASE("A corpus manifest with keys of tomorrow is read") {
  std::string text = encode_corpus_manifest(example());
  const auto moon = "\"moon\":[{\"size\":{\"copies\":[1,null,2.5,true]}}],";
  for (const std::string key : {"\"target\"", "\"engine\"", "\"size\"", "\"rank\""})
    text = with(text, key, moon + key);
  const auto read = decode_corpus_manifest(text);
  REQUIRE(read.ok());
  CHECK(*read == example());
}

TEST_CASE("A field of the manifest that is missing, mistyped or twice is named") {
  const std::string text = encode_corpus_manifest(example());
  const auto refused = [&](const std::string& old, const std::string& now) {
    return refusal(with(text, old, now));
  };
  CHECK(has(refused("\"version\":2,", ""), "version is missing"));
  CHECK(has(refused("\"version\":2", "\"version\":3"), "version 3 is not known"));
  CHECK(has(refused("\"version\":2", "\"version\":0"), "version"));
  CHECK(has(refused("\"target\":\"fuzz_tlv\"", "\"target\":\"../x\""), "target is no name"));
  CHECK(has(refused("\"engine\":\"afl\"", "\"motor\":\"afl\""), "snapshots[0].engine is missing"));
  CHECK(has(refused("\"time_ms\":1749999999999", "\"time_ms\":-1"),
            "snapshots[0].time_ms is not a whole number"));
  CHECK(has(refused("\"size\":4", "\"size\":\"4\""), "files[0].size is not a whole number"));
  CHECK(has(refused("\"size\":4", "\"size\":4.5"), "files[0].size is not a whole number"));
  CHECK(has(refused("\"size\":4", "\"size\":99999999999999999999"), "files[0].size"));
  CHECK(has(refused("\"size\":4", "\"size\":4,\"size\":4"), "files[0].size is there twice"));
  CHECK(has(refused("\"rank\":2", "\"rank\":4294967296"), "files[0].copies[1].rank"));
  CHECK(has(refused("\"mtime_ms\":-5", "\"mtime_ms\":[]"), "files[0].copies[0].mtime_ms"));
  CHECK(has(refused("\"mtime_ms\":-5", "\"mtime_ms\":9223372036854775808"), "files[0].copies[0].mtime_ms"));
  CHECK(has(refused("\"reason\":\"favoured\"", "\"reason\":\"<b>\""), "files[0].copies[0].reason"));
  CHECK(has(refused("\"name\":\"a/b\"", "\"name\":\"\""), "files[0].copies[1].name"));
  CHECK(has(refused("\"name\":\"a/b\"", "\"name\":\"\\ufffd\""), "files[0].copies[1].name"));
  CHECK(has(refused("\"name\":\"a/b\"", "\"name\":\"" + std::string(1025, 'n') + "\""),
            "files[0].copies[1].name"));
  CHECK(has(refused("\"sha256\":\"02", "\"sha256\":\"0x"), "files[1].sha256"));
  CHECK(has(refused("00112233aabbccdd", "00112233aabbccdG"), "snapshots[0].snapshot"));
  CHECK(has(refused("\"copies\":[", "\"copies\":[7,"), "files[0].copies[0] is not an object"));
  CHECK(has(refused("\"files\":[", "\"files\":{"), "not"));
  CHECK(has(refused("\n]}\n", "\n]"), "not JSON"));
  CHECK(has(refused("\n]}\n", "\n]}\nx"), "not JSON"));
  CHECK(has(refusal(""), "not JSON"));
  CHECK(has(refusal("[]"), "not an object"));
  CHECK(has(refusal("{}"), "version is missing"));
  CHECK(has(refusal(with(text, "\"name\":\"a/b\"", "\"name\":\"\xff\"")), "not JSON"));
}

TEST_CASE("A manifest whose parts are out of order, twice or belong to nobody is refused") {
  const auto refused = [&](auto change) {
    CorpusManifest manifest = example();
    change(manifest);
    return refusal(encode_corpus_manifest(manifest));
  };
  CHECK(has(refused([](auto& m) { std::swap(m.files[0], m.files[1]); }), "files[1].sha256 is out of order"));
  CHECK(has(refused([](auto& m) { m.files[1].sha256 = m.files[0].sha256; }), "files[1].sha256"));
  CHECK(has(refused([](auto& m) { m.files[1].copies.clear(); }), "files[1].copies is empty"));
  CHECK(has(refused([](auto& m) { m.files[0].copies[2].name = "a/b"; }),
            "files[0].copies[2].name is out of order"));
  CHECK(has(refused([](auto& m) { std::swap(m.files[0].copies[0], m.files[0].copies[1]); }),
            "copies[1].name is out of order"));
  CHECK(has(refused([](auto& m) { m.snapshots[1].node = "ams"; }),
            "snapshots[1].node is out of order or there twice"));
  CHECK(has(refusal(with(encode_corpus_manifest(example()), "{\"node\":\"nyc\",\"name\"",
                         "{\"node\":\"sfo\",\"name\"")),
            "files[0].copies[1].node has no snapshot"));
}

TEST_CASE("A manifest is as deep as it likes where it is not known, and its lines end") {
  const std::string text = encode_corpus_manifest(example());
  const std::string deep = std::string(100'000, '[') + std::string(100'000, ']');
  CHECK(decode_corpus_manifest(with(text, "\"target\"", "\"moon\":" + deep + ",\"target\"")).ok());
  // One text without an end.
  const std::string piece(1 << 20, 'x');
  bool begun = false;
  std::uint64_t given = 0;
  const auto read = decode_corpus_manifest(JsonPieces([&]() -> std::string_view {
    if (!std::exchange(begun, true)) return "{\"version\":2,\"target\":\"";
    given += piece.size();
    return piece;
  }));
  REQUIRE_FALSE(read.ok());
  CHECK(read.error().code == ErrorCode::kTooLarge);
  CHECK(given < 64u << 20);
}

TEST_CASE("An archive is named by its time and by what it holds") {
  const std::string id = archive_id("abc");
  CHECK(id == sha256_hex("abc").substr(0, 16));
  CHECK(archive_file_name(1'763'769'912'345, id, "tar.zst") ==
        "2025-11-22T000512Z-" + id.substr(0, 8) + ".tar.zst");
  CHECK(archive_file_name(5, id, "tar.gz") == "1970-01-01T000000Z-" + id.substr(0, 8) + ".tar.gz");
  CHECK(archive_file_name(std::uint64_t(-1), id, "tar.gz").substr(0, 11) == "1970-01-01T");
  CHECK(corpus_entry_name(digest(0xab)) == "corpus/ab" + std::string(62, '0'));
}

}  // namespace fuzzmill::schema
