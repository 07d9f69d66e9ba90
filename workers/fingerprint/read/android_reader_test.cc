#include "tests/catch.h"
#include "workers/fingerprint/read/report_reader.h"

using namespace fuzzmill::workers;

namespace {

std::string tombstone(std::string_view signal, std::string_view message = "") {
  return "*** *** *** *** ***\nBuild fingerprint: 'x'\npid: 711, tid: 712, name: render  >>> "
         "/system/bin/render <<<\n" +
         std::string(signal) + "\n" + std::string(message) +
         "    r0 00000000  r1 00001b56\n\nbacktrace:\n"
         "    #00 pc 0000000000051994  /apex/libc.so (abort+164) (BuildId: 0a1b)\n"
         "    #01 pc 0001f2aa  /system/lib/librender.so (render::Scene::draw(int)+12)\n"
         "    #02 pc 0001f3bb  /system/lib/librender.so\n\n--- --- --- --- ---\npid: 711, tid: "
         "713\nbacktrace:\n"
         "    #00 pc 00000001  /apex/libc.so (nanosleep+1)\n";
}

}  // namespace

TEST_CASE("a tombstone gives signal, address and the frames of the thread that crashed") {
  const Report report =
      parse_report(tombstone("signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x1234567"));
  CHECK(report.kind == "segv");
  CHECK(report.signal == "SIGSEGV");
  CHECK(report.address == 0x1234567);
  REQUIRE(report.frames.size() == 3);
  CHECK(report.frames[0].function == "abort");
  CHECK(report.frames[1].function == "render::Scene::draw(int)");
  CHECK(report.frames[1].module == "/system/lib/librender.so");
  CHECK(report.frames[1].offset == 0x1f2aa);
  CHECK(report.frames[2].function.empty());
}

TEST_CASE("the kind of a tombstone follows its signal, code and address") {
  const auto kind = [](std::string_view signal) { return parse_report(tombstone(signal)).kind; };
  CHECK(kind("signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x10") == "null-dereference");
  CHECK(kind("signal 11 (SIGSEGV), code 9 (SEGV_MTESERR), fault addr 0x0a00007f") == "tag-mismatch");
  CHECK(kind("signal 7 (SIGBUS), code 1 (BUS_ADRALN), fault addr 0x7001") == "bus");
  CHECK(kind("signal 8 (SIGFPE), code -6 (SI_TKILL), fault addr 0x6157") == "fpe");
  CHECK(kind("signal 6 (SIGABRT), code -1 (SI_QUEUE), fault addr --------") == "abort");
}

TEST_CASE("an abort's message says why") {
  const std::string abort = "signal 6 (SIGABRT), code -1 (SI_QUEUE), fault addr --------";
  CHECK(parse_report(tombstone(abort, "Abort message: 'scene 12 lost'\n")).message == "scene N lost");
  const Report check = parse_report(tombstone(abort, "Abort message: 'Check failed: size > 3'\n"));
  CHECK(check.kind == "check-failure");
  CHECK(check.message == "size > N");
}

TEST_CASE("libc's line and debuggerd's tell of one crash") {
  const Reports reports =
      read_reports("Fatal signal 11 (SIGSEGV), code 1, fault addr 0x1234567 in tid 712 (render)\n" +
                   tombstone("signal 11 (SIGSEGV), code 1 (SEGV_MAPERR), fault addr 0x1234567"));
  REQUIRE(reports.all.size() == 1);
  CHECK(reports.all[0].frames.size() == 3);
  CHECK(parse_report("05-01 10:00:00.1  711  712 F libc    : Fatal signal 11 (SIGSEGV), code 1, fault addr "
                     "0x0 in tid 7\n")
            .kind == "null-dereference");
}
