#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <thread>

#include "tests/catch.h"
#include "tests/s3/s3_stores.h"

namespace fuzzmill::store {
namespace {

using schema::ErrorCode;
using tests::address_of;
using tests::many_bytes;
using tests::must;
using tests::quick;
using tests::S3Server;
using tests::store_on;
using tests::TemporaryFolder;

std::string bytes_of(ObjectStore& store, const std::string& name) {
  return must(read_object(store, name, 1u << 30));
}

S3Options in_parts() {
  auto options = quick();
  options.multipart_over = 6u << 20, options.part_bytes = 5u << 20;
  return options;
}

// Kilobytes, of a line of /proc/self/status.
std::uint64_t memory(const std::string& line) {
  std::ifstream status("/proc/self/status");
  for (std::string text; std::getline(status, text);) {
    if (text.rfind(line + ":", 0) == 0) return std::stoull(text.substr(line.size() + 1));
  }
  return 0;
}

}  // namespace

TEST_CASE("A server that is busy is asked again, and one that stays so is an error that names it") {
  if (!S3Server::installed()) return;
  S3Server server;
  TemporaryFolder folder;
  const auto store = store_on(server, folder);
  server.tell("status 503 4 *");
  must(store->put("x", "bytes"));
  server.tell("status 500 4 GET");
  CHECK(bytes_of(*store, "x") == "bytes");
  server.tell("status 503 6 *");
  const auto failed = store->put("y", "z");
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().code == ErrorCode::kUnavailable);
  INFO(failed.error().message);
  CHECK(failed.error().message.find("s3://archives/pre/fix/y") != std::string::npos);
  CHECK(failed.error().message.find("503 SlowDown") != std::string::npos);
  CHECK(failed.error().message.find("tried 6 times") != std::string::npos);
  CHECK(store->stat("y").error().code == ErrorCode::kNotFound);
}

TEST_CASE("What the server refuses for good is not asked again") {
  if (!S3Server::installed()) return;
  S3Server server;
  TemporaryFolder folder;
  const auto store = store_on(server, folder);
  for (const auto& [status, code] : {std::pair{403, ErrorCode::kDenied},
                                     {400, ErrorCode::kInvalid},
                                     {412, ErrorCode::kConflict},
                                     {501, ErrorCode::kInvalid},
                                     {301, ErrorCode::kInvalid}}) {
    const auto before = server.reported("requests");
    server.tell("status " + std::to_string(status) + " 1 *");
    CHECK(store->put("x", "y").error().code == code);
    CHECK(server.reported("requests") == before + 1);
  }
}

TEST_CASE("Wrong credentials are an error that shows no key") {
  if (!S3Server::installed()) return;
  S3Server server;
  TemporaryFolder folder;
  for (const auto& credentials : {S3Credentials{S3Server::kAccessKey, "wrong-secret", ""},
                                  S3Credentials{"AKIAWRONG", S3Server::kSecretKey, "wrong-token"}}) {
    const auto store = must(S3Store::at(address_of(server), credentials, folder.path() / "scratch", quick()));
    for (const auto& error :
         {store->put("x", "y").error(), store->list("").error(), store->open("x").error()}) {
      INFO(error.message);
      CHECK(error.code == ErrorCode::kDenied);
      CHECK(error.message.find("403") != std::string::npos);
      for (const std::string& secret :
           {credentials.secret_key, credentials.access_key, std::string("wrong-token")}) {
        CHECK(error.message.find(secret) == std::string::npos);
      }
    }
  }
}

TEST_CASE("A bucket that is not there is named") {
  if (!S3Server::installed()) return;
  S3Server server;
  TemporaryFolder folder;
  auto address = address_of(server);
  address.bucket = "another";
  const auto store = must(S3Store::at(address, {S3Server::kAccessKey, S3Server::kSecretKey, ""},
                                      folder.path() / "scratch", quick()));
  const auto failed = store->list("");
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().message.find("NoSuchBucket") != std::string::npos);
  CHECK(failed.error().code == ErrorCode::kDenied);
}

TEST_CASE("A read that is cut off goes on where it was") {
  if (!S3Server::installed()) return;
  S3Server server;
  TemporaryFolder folder;
  const auto store = store_on(server, folder);
  const std::string bytes = many_bytes(900'000);
  must(store->put("x", bytes));
  server.tell("cut 200000 4");  // only the fifth answer, of the last 100,000 bytes, is whole
  CHECK((bytes_of(*store, "x") == bytes));
}

TEST_CASE("A server that says nothing is given up on, and asked again") {
  if (!S3Server::installed()) return;
  S3Server server;
  TemporaryFolder folder;
  const auto store = store_on(server, folder);
  server.tell("stall 1");
  must(store->put("x", "y"));
  CHECK(bytes_of(*store, "x") == "y");
  auto once = quick();
  once.tries = 1;
  server.tell("stall 1");
  const auto failed = store_on(server, folder, once)->put("x", "z");
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().code == ErrorCode::kUnavailable);
}

TEST_CASE("A server that is not there is an error that says where it should be") {
  if (!S3Server::installed()) return;
  S3Server server;
  TemporaryFolder folder;
  const auto store = store_on(server, folder);
  server.kill_9();
  const auto file = folder.write("scratch/f", "bytes");
  const auto failed = store->put_file("x", file);
  REQUIRE_FALSE(failed.ok());
  CHECK(failed.error().code == ErrorCode::kUnavailable);
  CHECK(failed.error().message.find(server.endpoint()) != std::string::npos);
  CHECK(std::filesystem::exists(file));  // the file stays for another try
  server.restart();
  must(store->put_file("x", file));
  CHECK(bytes_of(*store, "x") == "bytes");
}

TEST_CASE("An upload whose server is killed in the middle goes on when it is back") {
  if (!S3Server::installed()) return;
  S3Server server;
  TemporaryFolder folder;
  auto options = in_parts();
  options.tries = 20;  // with growing pauses: long enough for a server to start
  const auto store = store_on(server, folder, options);
  const std::string bytes = many_bytes((16u << 20) + 3);
  const auto file = folder.write("scratch/f", bytes);
  server.tell("exit-at-part 3");
  schema::Status sent = schema::internal("not done");
  std::thread upload([&] { sent = store->put_file("x", file); });
  server.wait_until_gone();
  server.restart();
  upload.join();
  must(sent);
  CHECK((bytes_of(*store, "x") == bytes));
}

TEST_CASE("An upload that fails is aborted, and nothing is there") {
  if (!S3Server::installed()) return;
  S3Server server;
  TemporaryFolder folder;
  const auto store = store_on(server, folder, in_parts());
  const auto file = folder.write("scratch/f", many_bytes(11u << 20));
  server.tell("status 503 6 PUT");  // as often as it is tried
  CHECK(store->put_file("x", file).error().code == ErrorCode::kUnavailable);
  CHECK(server.reported("aborted") == 1);
  CHECK(server.reported("uploads") == 0);
  CHECK(store->stat("x").error().code == ErrorCode::kNotFound);
  CHECK(std::filesystem::exists(file));
}

TEST_CASE("Uploads that a killed process left are aborted when they are old, and only ours") {
  if (!S3Server::installed()) return;
  S3Server server;
  TemporaryFolder folder;
  const auto begin_upload = [&](const std::string& prefix) {
    S3Client client(address_of(server, prefix), {S3Server::kAccessKey, S3Server::kSecretKey, ""}, quick());
    must(client.call({"POST", "left", {{"uploads", ""}}}));
  };
  begin_upload("/pre/fix");
  begin_upload("/other");
  const auto store = store_on(server, folder);
  CHECK(must(store->abort_stale_uploads(86'400)) == 0);
  auto later = quick();
  later.now_s = [] { return static_cast<std::uint64_t>(std::time(nullptr)) + 90'000; };
  CHECK(must(store_on(server, folder, later)->abort_stale_uploads(86'400)) == 1);
  CHECK(server.reported("uploads") == 1);
}

TEST_CASE("An object of 200 MB goes up and down in little memory") {
  if (!S3Server::installed()) return;
  S3Server server;
  TemporaryFolder folder;
  const auto store = store_on(server, folder, [] {
    S3Options options = quick();
    options.stall_timeout = std::chrono::seconds(60);
    return options;
  }());
  constexpr std::uint64_t kSize = 200u << 20;
  const auto file = folder.write("scratch/f", "the beginning");
  std::filesystem::resize_file(file, kSize);
  std::ofstream("/proc/self/clear_refs") << "5";  // the peak begins anew
  const auto before = memory("VmRSS");
  must(store->put_file("x", file));
  const auto source = must(store->open("x"));
  std::string part(64 * 1024, '\0');
  std::uint64_t total = 0;
  while (const auto got = must(source->read(part.data(), part.size()))) total += got;
  CHECK(total == kSize);
  CHECK(server.reported("parts") == 13);
  INFO("kB before " << before << ", at the peak " << memory("VmHWM"));
  CHECK(memory("VmHWM") < before + 48 * 1024);
}

}  // namespace fuzzmill::store
