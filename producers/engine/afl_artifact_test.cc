#include "producers/engine/afl_artifact.h"

#include "tests/catch.h"

namespace fuzzmill::producers {
namespace {

AflArtifact crash(const std::string& name, const std::string& extension = {}) {
  const auto artifact = parse_afl_artifact(name, AflFolder::kCrashes, extension);
  INFO(name);
  REQUIRE(artifact.has_value());
  return *artifact;
}

}  // namespace

TEST_CASE("a crash's name tells its signal and where it came from") {
  const auto plain = crash("id:000007,sig:06,src:000001,time:30208,execs:1891,op:havoc,rep:4");
  CHECK(plain.kind == "crash");
  CHECK(plain.id == 7);
  CHECK(plain.signal == 6);
  CHECK(plain.source == 1);
  CHECK(plain.time_ms == 30208);
  CHECK(plain.executions == 1891);
  CHECK(plain.operation == "havoc");
  CHECK_FALSE(plain.sha1.has_value());
  const auto splice = crash("id:000009,sig:11,src:000001+000004,time:5,execs:9,op:splice,rep:2");
  CHECK(splice.splice == 4);
  CHECK(splice.time_ms == 5);
  const auto synced = crash("id:000003,sig:11,sync:main,src:000001,+cov");
  CHECK(synced.sync == "main");
  CHECK(synced.source == 1);
  CHECK_FALSE(synced.time_ms.has_value());
  CHECK(crash("id:000009,sig:08,src:000001,time:5,execs:9,op:arith8,pos:3,val:be:-12,+cov").operation ==
        "arith8");
  CHECK(crash("id:000000,sig:06,time:0,execs:0,orig:a,sig:99,op:x.xml").original == "a,sig:99,op:x.xml");
  CHECK(crash("id:000000,sig:06,time:0,execs:0,orig:a,sig:99,op:x.xml").signal == 6);
}

TEST_CASE("a hang has no signal and is a timeout") {
  const auto hang =
      parse_afl_artifact("id:000000,src:000000,time:25009,execs:1490,op:havoc,rep:7", AflFolder::kHangs);
  REQUIRE(hang.has_value());
  CHECK(hang->kind == "timeout");
  CHECK_FALSE(hang->signal.has_value());
  CHECK(hang->executions == 1490);
}

TEST_CASE("other forms of names: SHA-1, simple, with an extension, a custom mutator's, cut short") {
  const std::string sha1(40, 'a');
  CHECK(crash(sha1).sha1 == sha1);
  CHECK(crash(sha1 + ".xml", "xml").sha1 == sha1);
  const auto simple = crash("id_000012_06");
  CHECK(simple.id == 12);
  CHECK(simple.signal == 6);
  CHECK(parse_afl_artifact("id_000012", AflFolder::kHangs)->id == 12);
  CHECK(crash("id:000001,sig:06,src:000000,time:1,execs:2,op:havoc,rep:4.xml", "xml").operation == "havoc");
  CHECK(crash("id:000001,sig:06,src:000000,time:1,execs:2,grammar: <a>,(b) 'x'").operation ==
        "grammar: <a>,(b) 'x'");
  CHECK(crash("id:000001,sig:06,src:0000").id == 1);
  CHECK(crash("id:000001").id == 1);
  CHECK_FALSE(crash("id:000001,sig:999").signal.has_value());
}

TEST_CASE("what is no crash input is told apart") {
  for (const char* name :
       {"README.txt", "", ".", ".id:000000,sig:06", "RECORD:000000,cnt:000001", "id:", "id:x,sig:06",
        "id:000000x", "id:99999999999999999999999", "id_1_2_3", "crash-1", "core.1234",
        "da39a3ee5e6b4b0d3255bfef95601890afd8070", "DA39A3EE5E6B4B0D3255BFEF95601890AFD80709"}) {
    INFO(name);
    CHECK_FALSE(parse_afl_artifact(name, AflFolder::kCrashes).has_value());
  }
}

}  // namespace fuzzmill::producers
