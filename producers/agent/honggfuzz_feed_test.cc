#include "producers/agent/engine_feeds.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {

TEST_CASE("a section of honggfuzz's report that its end cut short is told when the fuzzer has ended") {
  tests::TemporaryFolder folder;
  HonggfuzzPlaces places;
  places.crashes = folder.path();
  places.report = folder.write("HONGGFUZZ.REPORT.TXT",
                               "CRASH:\nFUZZ_FNAME: ./SIGSEGV.fuzz\nPID: 12\nSIGNAL: SIGSEGV (11)\nSTACK:\n");
  places.sanitizer_log = folder.path() / "HF.sanitizer.log";
  const auto feed = honggfuzz_feed(places);
  std::vector<ReportSeen> reports;
  FeedSink sink;
  sink.report = [&](ReportSeen report) { reports.push_back(std::move(report)); };
  sink.reading = [](const EngineReading&, const std::string&) {};
  sink.artifact = [](const std::string&) {};
  feed->look(0, sink);
  CHECK(reports.empty());
  feed->log_ended(0, sink);
  REQUIRE(reports.size() == 1);
  CHECK(reports[0].artifact == "./SIGSEGV.fuzz");
  feed->log_ended(0, sink);
  CHECK(reports.size() == 1);
}

}  // namespace fuzzmill::producers
