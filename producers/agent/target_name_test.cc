#include "producers/agent/run.h"
#include "tests/catch.h"

namespace fuzzmill::producers {

TEST_CASE("the target's name comes from its program and is always a name") {
  CHECK(default_target_name({"./out/fuzz_sha3"}) == "fuzz_sha3");
  CHECK(default_target_name({"/x/fuzz me:now"}) == "fuzz-me-now");
  CHECK(schema::valid_name(default_target_name({"/x/.hidden"})));
  CHECK(schema::valid_name(default_target_name({std::string(300, 'a')})));
  CHECK(schema::valid_name(default_target_name({"/x/"})));
  CHECK(schema::valid_name(default_target_name({})));
}

}  // namespace fuzzmill::producers
