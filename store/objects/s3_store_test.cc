#include "store/objects/s3_store.h"

#include <algorithm>
#include <filesystem>

#include "tests/catch.h"
#include "tests/s3/s3_stores.h"

namespace fuzzmill::store {
namespace {

using schema::ErrorCode;
using tests::many_bytes;
using tests::must;
using tests::quick;
using tests::S3Server;
using tests::store_on;
using tests::TemporaryFolder;

std::vector<std::string> names(ObjectStore& store, const std::string& prefix) {
  std::vector<std::string> out;
  for (const StoredObject& object : must(store.list(prefix))) out.push_back(object.name);
  return out;
}
std::string bytes_of(ObjectStore& store, const std::string& name) {
  return must(read_object(store, name, 1u << 30));
}

}  // namespace

TEST_CASE("Objects in S3 are put, read, measured, listed, renamed and removed") {
  if (!S3Server::installed()) return;
  S3Server server;
  TemporaryFolder folder;
  const auto store = store_on(server, folder);
  CHECK(store->where() == "s3://archives/pre/fix");
  must(store->put("corpus/t/a=1.tar.zst", "first"));
  must(store->put("corpus/t/a=1.tar.zst", "second one"));
  must(store->put("corpus/t/empty", ""));
  CHECK(bytes_of(*store, "corpus/t/a=1.tar.zst") == "second one");
  CHECK(bytes_of(*store, "corpus/t/empty").empty());
  const auto stat = must(store->stat("corpus/t/a=1.tar.zst"));
  CHECK((stat.size == 10 && stat.modified_s > 1'700'000'000));
  CHECK(must(store->list("corpus/"))[0].modified_s > 1'700'000'000);
  CHECK(must(store->list("corpus/"))[0].size == 10);

  must(store->rename("corpus/t/a=1.tar.zst", "quarantine/a"));
  CHECK(names(*store, "") == std::vector<std::string>{"corpus/t/empty", "quarantine/a"});
  CHECK(store->rename("corpus/t/empty", "quarantine/a").error().code == ErrorCode::kConflict);
  CHECK(bytes_of(*store, "quarantine/a") == "second one");
  for (int times = 0; times < 2; ++times) must(store->remove("quarantine/a"));
  CHECK(names(*store, "").size() == 1);
  CHECK(server.reported("badSignatures") == 0);  // checked by another implementation than ours
  CHECK(server.reported("badHashes") == 0);
}

TEST_CASE("What is not in S3 is said to be not there, and names that are none never leave") {
  if (!S3Server::installed()) return;
  S3Server server;
  TemporaryFolder folder;
  const auto store = store_on(server, folder);
  CHECK(store->stat("a/b").error().code == ErrorCode::kNotFound);
  CHECK(store->open("a/b").error().code == ErrorCode::kNotFound);
  CHECK(store->rename("a/b", "c").error().code == ErrorCode::kNotFound);
  must(store->remove("a/b"));
  CHECK(must(store->list("")).empty());
  const auto before = server.reported("requests");
  for (const char* name : {"", "../x", "a//b", "/a", "a b", "a?b=c"}) {
    CHECK(store->put(name, "x").error().code == ErrorCode::kInvalid);
    CHECK(store->open(name).error().code == ErrorCode::kInvalid);
    CHECK(store->stat(name).error().code == ErrorCode::kInvalid);
    CHECK(store->remove(name).error().code == ErrorCode::kInvalid);
    CHECK(store->rename(name, "x").error().code == ErrorCode::kInvalid);
  }
  CHECK(server.reported("requests") == before);
}

TEST_CASE("A store sees only what lies below its prefix") {
  if (!S3Server::installed()) return;
  S3Server server;
  TemporaryFolder folder;
  const auto ours = store_on(server, folder), root = store_on(server, folder, quick(), "");
  must(ours->put("x", "1"));
  must(root->put("pre/fixed", "2"));
  must(root->put("pre/fix/ä", "3").ok() ? schema::Status(schema::internal("taken")) : schema::Status());
  CHECK(names(*ours, "") == std::vector<std::string>{"x"});
  CHECK(names(*root, "") == std::vector<std::string>{"pre/fix/x", "pre/fixed"});
}

TEST_CASE("A list of thousands comes whole and in order") {
  if (!S3Server::installed()) return;
  S3Server server;
  TemporaryFolder folder;
  const auto store = store_on(server, folder);
  constexpr int kCount = 1203;
  for (int i = 0; i < kCount; ++i) must(store->put("many/" + std::to_string(i), ""));
  const auto all = names(*store, "many/");
  CHECK(all.size() == kCount);
  CHECK(std::is_sorted(all.begin(), all.end()));
  CHECK(server.reported("tokens") >= 1);  // in more than one page
  CHECK(names(*store, "many/120").size() == 4);
}

TEST_CASE("A file goes up in parts when it is large, and comes down in ranges") {
  if (!S3Server::installed()) return;
  S3Server server;
  TemporaryFolder folder;
  auto options = quick();
  options.multipart_over = 12u << 20, options.part_bytes = 5u << 20, options.read_bytes = 3u << 20;
  const auto store = store_on(server, folder, options);
  const std::string large = many_bytes((13u << 20) + 17), small = large.substr(0, 100'000);
  must(store->put_file("large", folder.write("scratch/l", large)));
  CHECK(server.reported("parts") == 3);
  CHECK(server.reported("uploads") == 0);
  must(store->put_file("small", folder.write("scratch/s", small)));
  CHECK(server.reported("parts") == 3);
  CHECK_FALSE(std::filesystem::exists(folder.path() / "scratch/l"));
  CHECK_FALSE(std::filesystem::exists(folder.path() / "scratch/s"));
  CHECK((bytes_of(*store, "large") == large));
  CHECK((bytes_of(*store, "small") == small));
  must(store->rename("large", "away/large"));
  CHECK(must(store->stat("away/large")).size == large.size());
  CHECK(store->put_file("x", folder.path() / "scratch/none").error().code == ErrorCode::kNotFound);
  CHECK(server.reported("badSignatures") + server.reported("badHashes") == 0);
}

TEST_CASE("An object that is replaced while it is read is an error, not a mixture") {
  if (!S3Server::installed()) return;
  S3Server server;
  TemporaryFolder folder;
  auto options = quick();
  options.read_bytes = 1000;
  const auto store = store_on(server, folder, options);
  must(store->put("x", many_bytes(5000)));
  const auto source = must(store->open("x"));
  char part[1000];
  REQUIRE(must(source->read(part, sizeof part)) == 1000);
  must(store->put("x", std::string(5000, 'x')));
  CHECK(source->read(part, sizeof part).error().code == ErrorCode::kConflict);
}

}  // namespace fuzzmill::store
