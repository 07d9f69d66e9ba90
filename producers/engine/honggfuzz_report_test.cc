#include "producers/engine/honggfuzz_report.h"

#include "producers/engine/growing_file.h"
#include "producers/engine/testdata/fixture.h"
#include "tests/catch.h"

namespace fuzzmill::producers {
namespace {

std::vector<HonggfuzzCrash> read(const std::string& text, std::size_t piece = std::string::npos) {
  HonggfuzzReport report;
  std::vector<HonggfuzzCrash> crashes;
  for (std::size_t at = 0; at < text.size(); at += std::min(piece, text.size() - at))
    report.feed(std::string_view(text).substr(at, piece), crashes);
  report.finish(crashes);
  return crashes;
}

bool holds(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

}  // namespace

TEST_CASE("each section of a real report tells its crash file, its process and its stack") {
  const auto crashes = read(sample("honggfuzz/report"));
  REQUIRE(crashes.size() == 4);
  CHECK(crashes[0].file ==
        "hw/SIGABRT.PC.5555556345eb.STACK.263b4ab14.CODE.-6.ADDR.0.INSTR.movl___$0x1,0x0.fuzz");
  CHECK(crashes[0].pid == 23624);
  CHECK(crashes[0].signal == 6);
  CHECK(crashes[0].signal_name == "SIGABRT");
  CHECK(crashes[0].pc == 0x5555556345eb);
  CHECK(crashes[0].seed == "b");
  CHECK(crashes[0].time == "2026-11-22.08:30:54");
  CHECK(holds(crashes[0].description, "AddressSanitizer: SEGV"));
  CHECK(holds(crashes[0].text, "func:bug2"));
  CHECK(crashes[1].description.empty());
  CHECK(crashes[2].pid == 23628);  // two sections of one block
  CHECK(crashes[2].time == "2026-11-22.08:30:54");
  CHECK_FALSE(holds(crashes[1].text, "148f5d9eaa"));
  CHECK(crashes[3].time == "2026-11-22.08:30:56");
}

TEST_CASE("the report may come in any pieces, and a section is told as soon as it ends") {
  const auto whole = read(sample("honggfuzz/report"));
  for (const std::size_t piece : {1u, 100u, 1000u}) {
    const auto parts = read(sample("honggfuzz/report"), piece);
    REQUIRE(parts.size() == whole.size());
    for (std::size_t i = 0; i < parts.size(); ++i) CHECK(parts[i].text == whole[i].text);
  }
  HonggfuzzReport report;
  std::vector<HonggfuzzCrash> crashes;
  const std::string rule(69, '=');
  report.feed("CRASH:\nFUZZ_FNAME: a\nPID: 5\n", crashes);
  CHECK(crashes.empty());
  report.feed(rule + "\n", crashes);
  REQUIRE(crashes.size() == 1);
  CHECK(crashes[0].file == "a");
}

TEST_CASE("hostile sections are bounded, and a frame cannot change a field") {
  std::string text =
      "CRASH:\nFUZZ_FNAME: good\nPID: 99999999999999999999\nSIGNAL: X (9999)\nSTACK:\nFUZZ_FNAME: bad\n";
  for (int i = 0; i < 100'000; ++i) text += " <0x1> [func:f]\n";
  const auto crashes = read(text + std::string(1'000'000, 'x'));
  REQUIRE(crashes.size() == 1);
  CHECK(crashes[0].file == "good");
  CHECK_FALSE(crashes[0].pid.has_value());
  CHECK_FALSE(crashes[0].signal.has_value());
  CHECK(crashes[0].truncated);
  CHECK(crashes[0].text.size() < HonggfuzzReport::kSectionHead + HonggfuzzReport::kSectionTail + 100);
  CHECK(read("CRASH:\nPID: 5\n").empty());  // without its file it can be tied to nothing
}

TEST_CASE("a growing file is read once, in bounded steps, and from its start when it began anew") {
  std::string content = "0123456789";
  const ReadAt read_at = [&](std::uint64_t offset, std::size_t size) { return content.substr(offset, size); };
  GrowingFile file;
  auto growth = file.read(content.size(), read_at, 4);
  CHECK(growth.bytes == "0123");
  CHECK(growth.more);
  growth = file.read(content.size(), read_at);
  CHECK(growth.bytes == "456789");
  CHECK_FALSE(growth.more);
  CHECK(file.read(content.size(), read_at).bytes.empty());
  content = "new";
  growth = file.read(content.size(), read_at);
  CHECK(growth.restarted);
  CHECK(growth.bytes == "new");
  CHECK(file.offset() == 3);
}

}  // namespace fuzzmill::producers
