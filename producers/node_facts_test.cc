#include <poll.h>

#include <unistd.h>

#include "producers/artifact.h"
#include "producers/artifact_watch.h"
#include "producers/corpus.h"
#include "producers/elf_build_id.h"
#include "producers/libfuzzer_command.h"
#include "producers/published.h"
#include "producers/run.h"
#include "producers/sanitizer_options.h"
#include "tests/catch.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::producers {
namespace {

const std::string kSha1 = "ed9b7546307621c0e62f2f15f1d6805d23efc2b8";

std::string value_of(const Variables& variables, const std::string& name) {
  for (const auto& [key, value] : variables) {
    if (key == name) return value;
  }
  return "(not set)";
}

}  // namespace

TEST_CASE("artifact names are read strictly") {
  for (const std::string kind : {"crash", "leak", "timeout", "oom", "slow-unit"}) {
    const auto name = parse_artifact_name(kind + "-" + kSha1);
    REQUIRE(name.has_value());
    CHECK(name->kind == kind);
    CHECK(name->sha1 == kSha1);
  }
  CHECK(parse_artifact_name("outcrash-" + kSha1, "out").has_value());
  for (const std::string& name :
       {std::string(), std::string("crash-"), "crash_" + kSha1, "crash-" + kSha1 + "0",
        "crash-" + kSha1.substr(1), "minimized-from-" + kSha1, "CRASH-" + kSha1,
        "crash-" + std::string(40, 'G'), "crash-" + std::string(40, 'A'), "outcrash-" + kSha1}) {
    CHECK_FALSE(parse_artifact_name(name).has_value());
  }
}

TEST_CASE("a name's hash is the SHA-1 of the content") {
  CHECK(sha1_hex("ASxx") == kSha1);
  CHECK(sha1_hex("") == "da39a3ee5e6b4b0d3255bfef95601890afd80709");
}

TEST_CASE("an artifact prefix is plain text: only a slash makes it a folder") {
  CHECK(artifact_place("out/", "", "/w").folder == "/w/out/");
  CHECK(artifact_place("out/", "", "/w").name_prefix.empty());
  CHECK(artifact_place("out", "", "/w").folder == "/w/");
  CHECK(artifact_place("out", "", "/w").name_prefix == "out");
  CHECK(artifact_place("/abs/a-", "", "/w").folder == "/abs/");
  CHECK(artifact_place("/abs/a-", "", "/w").name_prefix == "a-");
  CHECK(artifact_place("./", "", "/w").folder == "/w/");
  CHECK(*artifact_place("./", "here/x", "/w").exact == "/w/here/x");
  CHECK(artifact_place("./", "here/x", "/w").folder == "/w/here");
}

TEST_CASE("reading is bounded and follows no link") {
  tests::TemporaryFolder folder;
  const auto file = folder.write("file", "12345");
  CHECK(*read_bounded(file, 5) == "12345");
  CHECK(read_bounded(file, 4).error().code == schema::ErrorCode::kTooLarge);
  CHECK(read_bounded(folder.path() / "absent", 5).error().code == schema::ErrorCode::kNotFound);
  CHECK(read_bounded(folder.path(), 5).error().code == schema::ErrorCode::kInvalid);
  std::filesystem::create_symlink(file, folder.path() / "link");
  CHECK(read_bounded(folder.path() / "link", 5).error().code == schema::ErrorCode::kInvalid);
}

TEST_CASE("a scan finds artifacts and nothing else") {
  tests::TemporaryFolder folder;
  folder.write("crash-" + kSha1, "ASxx"), folder.write("notes.txt", "");
  folder.write("oom-" + kSha1, "");
  CHECK(scan_artifacts({folder.path(), "", {}}) ==
        std::vector<std::string>{"crash-" + kSha1, "oom-" + kSha1});
  CHECK(scan_artifacts({folder.path() / "absent", "", {}}).empty());
}

TEST_CASE("the watch tells of files that were closed and moved in") {
  tests::TemporaryFolder folder, elsewhere;
  auto watch = ArtifactWatch::start(folder.path());
  REQUIRE(watch.ok());
  CHECK((*watch)->read().names.empty());
  folder.write("written", "x");
  std::filesystem::rename(elsewhere.write("moved", "y"), folder.path() / "moved");
  pollfd waiting{(*watch)->fd(), POLLIN, 0};
  REQUIRE(::poll(&waiting, 1, 20'000) == 1);
  CHECK((*watch)->read().names == std::vector<std::string>{"written", "moved"});
  CHECK(ArtifactWatch::start(folder.path() / "absent").error().code == schema::ErrorCode::kNotFound);
}

TEST_CASE("published artifacts are remembered by kind and content, over restarts and a cut file") {
  tests::TemporaryFolder folder;
  const auto file = folder.path() / "published";
  const auto content = schema::sha256("input");
  {
    auto set = PublishedSet::open(file);
    REQUIRE(set.ok());
    CHECK_FALSE(set->contains("crash", content));
    REQUIRE(set->add("crash", content).ok());
    REQUIRE(set->add("crash", content).ok());
    REQUIRE(set->add("oom", schema::sha256("other")).ok());
  }
  const auto whole = folder.read("published");
  CHECK(std::count(whole.begin(), whole.end(), '\n') == 2);
  folder.write("published", whole.substr(0, whole.size() - 9));  // power loss within the second line
  auto set = PublishedSet::open(file);
  REQUIRE(set.ok());
  CHECK(set->contains("crash", content));
  CHECK_FALSE(set->contains("timeout", content));
  CHECK_FALSE(set->contains("oom", schema::sha256("other")));
  REQUIRE(set->add("oom", schema::sha256("other")).ok());
  CHECK(PublishedSet::open(file)->contains("oom", schema::sha256("other")));
  CHECK(PublishedSet::open(folder.path() / "absent" / "published").error().code ==
        schema::ErrorCode::kUnavailable);
}

TEST_CASE("a command line tells where artifacts go, which corpus it has and whether it forks") {
  const auto command = parse_libfuzzer_command({"./fuzz", "-artifact_prefix=a/", "corpus", "-fork=2", "--x=1",
                                                "-artifact_prefix=b/", "seeds", "-exact_artifact_path=e"});
  CHECK(command.artifact_prefix == "b/");
  CHECK(command.exact_artifact_path == "e");
  CHECK(command.operands == std::vector<std::string>{"corpus", "seeds"});
  CHECK(command.many_processes);
  const auto plain = parse_libfuzzer_command({"./fuzz", "-fork=0", "-runs=1"});
  CHECK_FALSE(plain.artifact_prefix.has_value());
  CHECK_FALSE(plain.many_processes);
  CHECK(with_artifact_folder({"./fuzz"}, "/a").back() == "-artifact_prefix=/a/");
  CHECK(with_artifact_folder({"./fuzz"}, "/a/").back() == "-artifact_prefix=/a/");
}

TEST_CASE("the target's name comes from its program and is always a name") {
  CHECK(default_target_name({"./out/fuzz_sha3"}) == "fuzz_sha3");
  CHECK(default_target_name({"/x/fuzz me:now"}) == "fuzz-me-now");
  CHECK(schema::valid_name(default_target_name({"/x/.hidden"})));
  CHECK(schema::valid_name(default_target_name({std::string(300, 'a')})));
  CHECK(schema::valid_name(default_target_name({"/x/"})));
  CHECK(schema::valid_name(default_target_name({})));
}

TEST_CASE("a program without libFuzzer is refused and says why") {
  tests::TemporaryFolder folder;
  const auto status = is_libfuzzer_program("/bin/sh");
  REQUIRE_FALSE(status.ok());
  CHECK(status.error().code == schema::ErrorCode::kInvalid);
  CHECK(status.error().message.find("-fsanitize=fuzzer") != std::string::npos);
  CHECK(is_libfuzzer_program(folder.path() / "absent").error().code == schema::ErrorCode::kNotFound);
  CHECK_FALSE(is_libfuzzer_program(folder.write("empty", "")).ok());
}

TEST_CASE("a build id is found in an ELF program, and no damaged one harms") {
  tests::TemporaryFolder folder;
  const auto own = build_id_of("/proc/self/exe");
  if (own) CHECK(own->size() >= 16);
  CHECK_FALSE(build_id_of(folder.write("text", "no program")).has_value());
  CHECK_FALSE(build_id_of(folder.path() / "absent").has_value());

  // One note segment right after the headers, as a linker would write it.
  std::string image(64 + 56, '\0');
  const auto put = [&](std::size_t at, std::uint64_t value, int size) {
    for (int i = 0; i < size; ++i)
      image[at + static_cast<std::size_t>(i)] = static_cast<char>(value >> (8 * i));
  };
  image.replace(0, 6, std::string("\x7f") + "ELF\x02\x01");
  put(32, 64, 8), put(54, 56, 2), put(56, 1, 2);            // program headers: where, how large, how many
  put(64, 4, 4), put(64 + 8, 120, 8), put(64 + 32, 20, 8);  // PT_NOTE at 120, 20 bytes
  image += std::string("\4\0\0\0\4\0\0\0\3\0\0\0GNU\0\xde\xad\xbe\xef", 20);
  const auto read_image = [&](std::uint64_t offset, std::size_t size) {
    return offset >= image.size() ? std::string() : image.substr(static_cast<std::size_t>(offset), size);
  };
  CHECK(build_id(read_image) == "deadbeef");
  const std::string good = image;
  for (std::size_t i = 0; i < good.size(); ++i) {
    image = good;
    image[i] = '\xff';
    const auto damaged = build_id(read_image);
    CHECK((!damaged || damaged->size() <= 128));
    image = good.substr(0, i);
    CHECK_FALSE(build_id(read_image).has_value());
  }
}

TEST_CASE("sanitizer options are added where the user left them open, and nowhere else") {
  const std::vector<std::pair<std::string, std::string>> environment{
      {"ASAN_OPTIONS", "detect_leaks=0:symbolize=0"},
      {"UBSAN_OPTIONS", "xhalt_on_error=1"},
      {"ASAN_SYMBOLIZER_PATH", "/mine"}};
  const auto get = [&](const std::string& name) -> std::optional<std::string> {
    for (const auto& [key, value] : environment) {
      if (key == name) return value;
    }
    return std::nullopt;
  };
  const auto variables = sanitizer_variables(get, "/usr/bin/llvm-symbolizer");
  CHECK(value_of(variables, "ASAN_OPTIONS") == "(not set)");  // left as it is
  CHECK(value_of(variables, "UBSAN_OPTIONS") ==
        "xhalt_on_error=1:symbolize=1:print_stacktrace=1:halt_on_error=1");
  CHECK(value_of(variables, "MSAN_OPTIONS") == "symbolize=1");
  CHECK(value_of(variables, "ASAN_SYMBOLIZER_PATH") == "(not set)");
  CHECK(value_of(variables, "UBSAN_SYMBOLIZER_PATH") == "/usr/bin/llvm-symbolizer");
}

TEST_CASE("a symbolizer is found in PATH first, then by the highest version") {
  tests::TemporaryFolder folder;
  const auto make = [&](const std::string& name) {
    const auto path = folder.write(name, "#!/bin/sh\n");
    std::filesystem::permissions(path, std::filesystem::perms::owner_all);
    return path;
  };
  const auto bin = (folder.path() / "bin").string();
  CHECK_FALSE(find_symbolizer(bin, folder.path()).has_value());
  make("bin/llvm-symbolizer-9");
  const auto versioned = make("bin/llvm-symbolizer-14");
  CHECK(find_symbolizer(bin, folder.path()) == versioned);
  make("usr/lib/llvm-9/bin/llvm-symbolizer");
  const auto newest = make("usr/lib/llvm-14/bin/llvm-symbolizer");
  CHECK(find_symbolizer(bin, folder.path()) == newest);
  const auto plain = make("bin/llvm-symbolizer");
  CHECK(find_symbolizer("/absent:" + bin, folder.path()) == plain);
}

TEST_CASE("a snapshot takes the newest files within its limits and counts what it leaves out") {
  NewestFiles newest({2, 10, 15});
  newest.offer({"old", 5, 1}), newest.offer({"new", 6, 3}), newest.offer({"large", 11, 4}),
      newest.offer({"mid", 10, 2});
  CHECK(newest.seen_files() == 4);
  CHECK(newest.seen_bytes() == 32);
  const auto chosen = newest.take();
  REQUIRE(chosen.size() == 1);  // "mid" is over the sum, "old" over the number, "large" over the size
  CHECK(chosen[0].path == "new");

  tests::TemporaryFolder folder;
  folder.write("a", "same name"), folder.write("sub/a", "in a sub-folder"), folder.write("b b", "odd name");
  folder.write("big", std::string(100, 'x'));
  std::filesystem::create_symlink(folder.path() / "big", folder.path() / "link");
  const auto snapshot = take_snapshot(folder.path(), {10, 50, 1000});
  CHECK(snapshot.body.files == 4);
  CHECK(snapshot.body.files_left_out == 1);
  CHECK(snapshot.files.size() == 3);
  for (const auto& file : snapshot.files) CHECK(schema::valid_name(file.name));
  CHECK(folder.read("big").size() == 100);  // nothing of a corpus is ever removed
  CHECK(take_snapshot(folder.path() / "absent", {}).body.files == 0);
}

}  // namespace fuzzmill::producers
