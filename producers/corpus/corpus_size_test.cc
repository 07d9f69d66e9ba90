#include "producers/corpus/corpus_size.h"

#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {

using namespace std::chrono_literals;

TEST_CASE("a corpus is measured, and looked at again only when its time has come") {
  tests::TemporaryFolder folder;
  folder.write("corpus/a", "12345"), folder.write("corpus/b", "123"), folder.write("corpus/.state/c", "1");
  CorpusMeasure measure(folder.path() / "corpus");
  const CorpusMeasure::Time start{1h};
  REQUIRE(measure.size(start));
  CHECK(measure.size(start)->files == 2);
  CHECK(measure.size(start)->bytes == 8);
  folder.write("corpus/d", "1");
  CHECK(measure.size(start + 1min)->files == 2);
  CHECK(measure.size(start + 31min)->files == 3);
}

TEST_CASE("a corpus that is not there has no size, and is found when it is") {
  tests::TemporaryFolder folder;
  CorpusMeasure measure(folder.path() / "corpus");
  CHECK_FALSE(measure.size({}).has_value());
  folder.write("corpus/a", "x");
  CHECK(measure.size(CorpusMeasure::Time{1h})->files == 1);
}

}  // namespace fuzzmill::producers
