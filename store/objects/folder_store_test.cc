#include "store/objects/folder_store.h"

#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <utime.h>

#include <atomic>
#include <csignal>
#include <thread>

#include "tests/catch.h"
#include "tests/must.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::store {
namespace {

namespace fs = std::filesystem;
using schema::ErrorCode;
using tests::must;
using tests::TemporaryFolder;

std::unique_ptr<FolderStore> open_store(const TemporaryFolder& folder) {
  return must(FolderStore::at(folder.path() / "store"));
}

std::string bytes_of(ObjectStore& store, const std::string& name) {
  return must(read_object(store, name, 1 << 20));
}

std::vector<std::string> names(ObjectStore& store, const std::string& prefix) {
  std::vector<std::string> out;
  for (const StoredObject& object : must(store.list(prefix))) out.push_back(object.name);
  return out;
}

std::size_t leftovers(const FolderStore& store) {
  return static_cast<std::size_t>(
      std::distance(fs::directory_iterator(store.scratch()), fs::directory_iterator()));
}

// In a child that may write files of at most `limit` bytes.
template <class Deed>
int with_file_limit(rlim_t limit, const Deed& deed) {
  const pid_t child = fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit most{limit, limit};
    setrlimit(RLIMIT_FSIZE, &most);
    _exit(deed());
  }
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

}  // namespace

TEST_CASE("An object that was put is read, measured, listed and replaced") {
  TemporaryFolder folder;
  const auto store = open_store(folder);
  must(store->put("corpus/fuzz_tlv/a.tar.zst", "first"));
  must(store->put("corpus/fuzz_tlv/a.tar.zst", "second one"));
  must(store->put("corpus/fuzz_tlv/empty", ""));
  CHECK(bytes_of(*store, "corpus/fuzz_tlv/a.tar.zst") == "second one");
  CHECK(bytes_of(*store, "corpus/fuzz_tlv/empty").empty());
  const auto stat = must(store->stat("corpus/fuzz_tlv/a.tar.zst"));
  CHECK(stat.size == 10);
  CHECK(stat.modified_s > 1'700'000'000);
  CHECK(leftovers(*store) == 0);
  CHECK(read_object(*store, "corpus/fuzz_tlv/a.tar.zst", 9).error().code == ErrorCode::kTooLarge);
}

TEST_CASE("What is not there is said to be not there, and removing it is fine") {
  TemporaryFolder folder;
  const auto store = open_store(folder);
  must(store->put("a/b", "x"));
  for (const char* name : {"a/c", "a", "nothing/at/all"}) {
    INFO(name);
    CHECK(store->open(name).error().code == ErrorCode::kNotFound);
    CHECK(store->stat(name).error().code == ErrorCode::kNotFound);
    CHECK(store->rename(name, "z").error().code == ErrorCode::kNotFound);
  }
  must(store->remove("nothing/at/all"));
  must(store->remove("a/b"));
  must(store->remove("a/b"));
  CHECK_FALSE(fs::exists(folder.path() / "store/a"));  // folders go with their last object
  CHECK(fs::exists(folder.path() / "store"));
}

TEST_CASE("A list gives the names that begin with the prefix, in order") {
  TemporaryFolder folder;
  const auto store = open_store(folder);
  for (const char* name : {"s/b/2", "s/b/1", "s/a/1", "s/ab", "t", "s/a.x"}) must(store->put(name, name));
  CHECK(names(*store, "") == std::vector<std::string>{"s/a.x", "s/a/1", "s/ab", "s/b/1", "s/b/2", "t"});
  CHECK(names(*store, "s/a") == std::vector<std::string>{"s/a.x", "s/a/1", "s/ab"});
  CHECK(names(*store, "s/a/") == std::vector<std::string>{"s/a/1"});
  CHECK(names(*store, "s/b/2") == std::vector<std::string>{"s/b/2"});
  CHECK(names(*store, "u").empty());
  CHECK(names(*store, "../").empty());
}

TEST_CASE("A file that is put gets its name and leaves its place") {
  TemporaryFolder folder;
  const auto store = open_store(folder);
  const auto made = store->scratch() / "made";
  std::ofstream(made) << "archive";
  must(store->put_file("corpus/t/x", made));
  CHECK(bytes_of(*store, "corpus/t/x") == "archive");
  CHECK_FALSE(fs::exists(made));
  CHECK(store->put_file("corpus/t/y", made).error().code == ErrorCode::kNotFound);
  std::ofstream(made) << "archive";
  CHECK(store->put_file("corpus/t/x/below", made).error().code == ErrorCode::kDenied);
  CHECK(fs::exists(made));  // for another try
  fs::remove(made);

  // From another file system it is copied.
  if (fs::exists("/dev/shm")) {
    const fs::path far = "/dev/shm/fuzzmill-" + std::to_string(getpid());
    std::ofstream(far) << "from far";
    must(store->put_file("corpus/t/far", far));
    CHECK(bytes_of(*store, "corpus/t/far") == "from far");
    CHECK_FALSE(fs::exists(far));
  }
  CHECK(leftovers(*store) == 0);
}

TEST_CASE("Renaming never replaces") {
  TemporaryFolder folder;
  const auto store = open_store(folder);
  must(store->put("a/x", "one"));
  must(store->put("b/x", "two"));
  CHECK(store->rename("a/x", "b/x").error().code == ErrorCode::kConflict);
  CHECK(bytes_of(*store, "b/x") == "two");
  must(store->rename("a/x", "quarantine/a/x"));
  CHECK(bytes_of(*store, "quarantine/a/x") == "one");
  CHECK_FALSE(fs::exists(folder.path() / "store/a"));
}

TEST_CASE("Names that are none are refused by every call and touch nothing") {
  TemporaryFolder folder;
  const auto store = open_store(folder);
  must(store->put("fine", "x"));
  for (const std::string& name :
       {std::string(""), std::string("/etc/passwd"), std::string("../out"), std::string("a/../../out"),
        std::string("a//b"), std::string("a/"), std::string("."), std::string(".scratch/x"),
        std::string("a/.b"), std::string("a\0b", 3), std::string("a b"), std::string("a\nb"),
        std::string("\xc3\xa4"), std::string("a\\b"), std::string(513, 'a')}) {
    INFO(name);
    CHECK(store->put(name, "evil").error().code == ErrorCode::kInvalid);
    CHECK(store->put_file(name, folder.write("f", "x")).error().code == ErrorCode::kInvalid);
    CHECK(store->open(name).error().code == ErrorCode::kInvalid);
    CHECK(store->stat(name).error().code == ErrorCode::kInvalid);
    CHECK(store->rename("fine", name).error().code == ErrorCode::kInvalid);
    CHECK(store->rename(name, "other").error().code == ErrorCode::kInvalid);
    CHECK(store->remove(name).error().code == ErrorCode::kInvalid);
  }
  CHECK(names(*store, "") == std::vector<std::string>{"fine"});
  // A word that the file system cannot hold is an error as well, not a crash.
  CHECK(store->put(std::string(300, 'a'), "x").error().code == ErrorCode::kInvalid);
}

TEST_CASE("A symbolic link in the way leads nowhere") {
  TemporaryFolder folder;
  const auto store = open_store(folder);
  folder.write("outside/secret", "untouched");
  const auto root = folder.path() / "store";
  fs::create_directories(root / "corpus");
  fs::create_directory_symlink(folder.path() / "outside", root / "corpus/linked");
  fs::create_symlink(folder.path() / "outside/secret", root / "corpus/file");
  CHECK(store->put("corpus/linked/evil", "x").error().code == ErrorCode::kDenied);
  CHECK(store->open("corpus/linked/secret").error().code == ErrorCode::kDenied);
  CHECK(store->remove("corpus/linked/secret").error().code == ErrorCode::kDenied);
  CHECK(store->open("corpus/file").error().code == ErrorCode::kDenied);
  CHECK(store->stat("corpus/file").error().code == ErrorCode::kDenied);
  CHECK(names(*store, "").empty());
  must(store->put("corpus/file", "ours"));  // replaces the link, not what it points to
  CHECK(bytes_of(*store, "corpus/file") == "ours");
  CHECK(folder.read("outside/secret") == "untouched");
  CHECK_FALSE(fs::exists(folder.path() / "outside/evil"));

  REQUIRE(mkfifo((root / "corpus/pipe").c_str(), 0600) == 0);
  CHECK(store->open("corpus/pipe").error().code == ErrorCode::kDenied);  // and does not hang
}

TEST_CASE("A disk that fills up is an error, and nothing half-written stays") {
  TemporaryFolder folder;
  const auto store = open_store(folder);
  must(store->put("t/x", "old"));
  const std::string big(1 << 20, 'b');
  const int failed = with_file_limit(100'000, [&] {
    const auto status = store->put("t/x", big);
    const bool said = !status.ok() && status.error().code == ErrorCode::kUnavailable &&
                      status.error().message.find("t/x") != std::string::npos;
    return said ? 42 : 1;
  });
  CHECK(failed == 42);
  CHECK(bytes_of(*store, "t/x") == "old");
  CHECK(leftovers(*store) == 0);
  if (!fs::exists("/dev/shm")) return;
  const fs::path far = "/dev/shm/fuzzmill-full-" + std::to_string(getpid());
  std::ofstream(far) << big;
  CHECK(with_file_limit(100'000, [&] { return store->put_file("t/y", far).ok() ? 1 : 42; }) == 42);
  CHECK(fs::file_size(far) == big.size());  // the caller's file stays
  fs::remove(far);
  CHECK(leftovers(*store) == 0);
  CHECK(names(*store, "") == std::vector<std::string>{"t/x"});
}

TEST_CASE("What a killed writer left is swept when it is old, and not before") {
  TemporaryFolder folder;
  const auto store = open_store(folder);
  const auto old = store->scratch() / "old", now = store->scratch() / "now";
  std::ofstream(old) << "x";
  std::ofstream(now) << "x";
  const utimbuf long_ago{1'600'000'000, 1'600'000'000};
  REQUIRE(utime(old.c_str(), &long_ago) == 0);
  open_store(folder);
  CHECK_FALSE(fs::exists(old));
  CHECK(fs::exists(now));
}

TEST_CASE("Puts and removes of neighbours do not disturb each other") {
  TemporaryFolder folder;
  const auto store = open_store(folder);
  constexpr int kRounds = 300;
  std::atomic<int> failed{0};
  const auto work = [&](const std::string& word) {
    for (int i = 0; i < kRounds; ++i) {
      if (!store->put("shared/deep/" + word, word)) ++failed;
      if (!store->remove("shared/deep/" + word)) ++failed;
    }
  };
  std::thread one(work, "one"), two(work, "two");
  one.join(), two.join();
  CHECK(failed == 0);
  CHECK(names(*store, "").empty());
}

TEST_CASE("A folder that cannot be opened says so") {
  TemporaryFolder folder;
  folder.write("file", "x");
  CHECK(FolderStore::at(folder.path() / "file").error().code == ErrorCode::kDenied);
}

}  // namespace fuzzmill::store
