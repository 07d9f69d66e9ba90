// The spool where its disk or its process ends: a small tmpfs of this process's own where root may mount one,
// a bound on the size of files everywhere, and kill -9.
#include <fcntl.h>
#include <fmt/format.h>
#include <sched.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <functional>
#include <random>
#include <set>

#include "broker/spool.h"
#include "schema/event_codec.h"
#include "tests/catch.h"
#include "tests/sample_events.h"
#include "tests/temporary_folder.h"

using namespace fuzzmill;
namespace fs = std::filesystem;

namespace {

using tests::crash_event;

// A disk of 4 MB that nobody else sees and that goes with the process. Half of it is taken at first.
class SmallDisk {
 public:
  SmallDisk() {
    if (::unshare(CLONE_NEWNS) != 0) return;
    if (::mount(nullptr, "/", nullptr, MS_REC | MS_PRIVATE, nullptr) != 0) return;
    mounted_ = ::mount("spool-test", folder_.path().c_str(), "tmpfs", 0, "size=4m") == 0;
    if (mounted_) std::ofstream(filler()) << std::string(2 << 20, 'f');
  }
  ~SmallDisk() {
    if (mounted_) ::umount2(folder_.path().c_str(), MNT_DETACH);
  }
  SmallDisk(const SmallDisk&) = delete;
  SmallDisk& operator=(const SmallDisk&) = delete;

  bool mounted() const { return mounted_; }
  fs::path path() const { return folder_.path(); }
  void free_half() const { fs::remove(filler()); }

 private:
  fs::path filler() const { return folder_.path() / "filler"; }
  tests::TemporaryFolder folder_;
  bool mounted_ = false;
};

class FileSizeBound {
 public:
  explicit FileSizeBound(rlim_t bytes) {
    before_handler_ = ::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
    const rlimit bound{bytes, before_.rlim_max};
    ::setrlimit(RLIMIT_FSIZE, &bound);
  }
  ~FileSizeBound() {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    ::signal(SIGXFSZ, before_handler_);
  }
  FileSizeBound(const FileSizeBound&) = delete;
  FileSizeBound& operator=(const FileSizeBound&) = delete;

 private:
  rlimit before_{};
  void (*before_handler_)(int);
};

std::string integrity(const fs::path& file) {
  sqlite3* db = nullptr;
  std::string said;
  if (sqlite3_open_v2(file.c_str(), &db, SQLITE_OPEN_READWRITE, nullptr) == SQLITE_OK) {
    const auto keep = [](void* out, int, char** values, char**) {
      *static_cast<std::string*>(out) += values[0];
      return 0;
    };
    sqlite3_exec(db, "PRAGMA integrity_check", keep, &said, nullptr);
  }
  sqlite3_close(db);
  return said;
}

// Bytes that no file system makes smaller.
std::string input_of(int i) {
  std::mt19937_64 random(static_cast<std::uint64_t>(i));
  std::string bytes(50'000, '\0');
  for (char& c : bytes) c = static_cast<char>(random());
  return bytes;
}

schema::Result<bool> put(broker::Spool& spool, int i) {
  return spool.put_once(fmt::format("crash {}", i), crash_event(), {{"input", input_of(i)}});
}

// Puts crashes until one does not fit; how many did, and the error.
std::pair<int, schema::Error> fill(broker::Spool& spool) {
  for (int i = 0; i < 1000; ++i) {
    auto one = put(spool, i);
    if (!one) return {i, one.error()};
  }
  return {1000, {}};
}

// Every crash below `count` is there, once, and no other.
void check_holds(broker::Spool& spool, int count) {
  std::uint64_t source = 0;
  for (const auto& lane : spool.lanes()) source = lane.source;
  const auto events = spool.after(source, 0, 2000, 1u << 30);
  REQUIRE(events);
  REQUIRE(events->size() == static_cast<std::size_t>(count));
  CHECK(spool.state().events == static_cast<std::uint64_t>(count));
  for (int i = 0; i < count; ++i) {
    CHECK((*events)[static_cast<std::size_t>(i)].attachments.at(0) == input_of(i));
    CHECK(spool.remembers(fmt::format("crash {}", i)));
  }
  CHECK_FALSE(spool.remembers(fmt::format("crash {}", count)));
}

// `full` makes the disk end somewhere, `room` lets it go on.
void check_full_disk(const fs::path& folder, const std::function<void()>& full,
                     const std::function<void()>& room) {
  const auto file = folder / "a.spool";
  auto opened = broker::open_spool(file, 1u << 30);
  REQUIRE(opened);
  auto& spool = **opened;
  full();
  auto [kept, error] = fill(spool);
  CHECK(kept > 2);
  REQUIRE(kept < 1000);
  INFO(error.message);
  CHECK(error.code == schema::ErrorCode::kUnavailable);
  CHECK(error.message.find(folder.string()) != std::string::npos);
  CHECK(error.message.find("mounted at") != std::string::npos);
  check_holds(spool, kept);
  CHECK_FALSE(put(spool, kept));  // and goes on to say so
  room();
  CHECK(*put(spool, kept));
  CHECK(*put(spool, kept + 1));
  CHECK_FALSE(*put(spool, kept));
  check_holds(spool, kept + 2);

  opened->reset();
  CHECK(integrity(file) == "ok");
  auto again = broker::open_spool(file, 1u << 30);
  REQUIRE(again);
  check_holds(**again, kept + 2);
}

}  // namespace

TEST_CASE("a full disk refuses a crash by its name, harms nothing, and takes it when there is room") {
  SmallDisk disk;
  if (!disk.mounted()) {
    WARN("left out: this user may not mount a tmpfs");
    return;
  }
  check_full_disk(
      disk.path(), [] {}, [&] { disk.free_half(); });
}

TEST_CASE("the message about a full disk names where it is mounted") {
  SmallDisk disk;
  if (!disk.mounted()) {
    WARN("left out: this user may not mount a tmpfs");
    return;
  }
  const auto folder = disk.path() / "deep" / "er";
  auto spool = broker::open_spool(folder / "a.spool", 1u << 30);
  REQUIRE(spool);
  const auto message = fill(**spool).second.message;
  INFO(message);
  CHECK(message.find(fmt::format("no room for the spool in {}:", folder.string())) != std::string::npos);
  CHECK(message.find(fmt::format("mounted at {} has 0 MB left of 4 MB", disk.path().string())) !=
        std::string::npos);
}

TEST_CASE("a bound on the size of files is as good as a full disk") {
  const tests::TemporaryFolder folder;
  std::unique_ptr<FileSizeBound> bound;
  check_full_disk(
      folder.path(), [&] { bound = std::make_unique<FileSizeBound>(1u << 20); }, [&] { bound.reset(); });
}

TEST_CASE("killed with -9 while it puts, a spool has what was acknowledged, and keys and events agree") {
  const tests::TemporaryFolder folder;
  const auto file = folder.path() / "a.spool";
  int kept[2];
  REQUIRE(::pipe2(kept, O_CLOEXEC) == 0);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    auto spool = broker::open_spool(file, 1u << 30);
    for (int i = 0; spool && i < 100'000; ++i) {
      if (!put(**spool, i) || ::write(kept[1], "k", 1) != 1) break;
    }
    ::_exit(1);  // it should have been killed
  }
  ::close(kept[1]);
  int acknowledged = 0;
  for (char k = 0; acknowledged < 40 && ::read(kept[0], &k, 1) == 1; ++acknowledged) {
  }
  ::kill(child, SIGKILL);
  for (char k = 0; ::read(kept[0], &k, 1) == 1; ++acknowledged) {
  }
  ::close(kept[0]);
  int status = 0;
  REQUIRE(::waitpid(child, &status, 0) == child);
  CHECK(WIFSIGNALED(status));

  auto spool = broker::open_spool(file, 1u << 30);
  REQUIRE(spool);
  const int events = static_cast<int>((*spool)->state().events);
  CHECK(acknowledged >= 40);
  CHECK(events >= acknowledged);
  CHECK(events <= acknowledged + 1);  // one more may have been durable before its word was out
  check_holds(**spool, events);
  CHECK(integrity(file) == "ok");
}
