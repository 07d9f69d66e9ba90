#include "store/objects/s3_address.h"

#include <sys/stat.h>

#include <map>

#include "store/objects/open_store.h"
#include "tests/catch.h"
#include "tests/must.h"
#include "tests/temporary_folder.h"

namespace fuzzmill::store {
namespace {

using schema::ErrorCode;
using tests::must;

Environment environment(std::map<std::string, std::string> values) {
  return [values = std::move(values)](const char* name) {
    const auto at = values.find(name);
    return at == values.end() ? std::string() : at->second;
  };
}

S3Address parsed(const std::string& text, std::map<std::string, std::string> values = {}) {
  return must(parse_s3_address(text, environment(std::move(values))));
}

}  // namespace

TEST_CASE("An address in S3 names bucket, prefix, endpoint and region") {
  const auto all =
      parsed("s3://my-bucket/a/b/?endpoint=http://127.0.0.1:9000/&region=eu-1&credentials=/etc/keys");
  CHECK((all.bucket == "my-bucket" && all.prefix == "a/b/" && all.region == "eu-1"));
  CHECK((all.endpoint == "http://127.0.0.1:9000" && all.host == "127.0.0.1:9000"));
  CHECK((all.credentials == "/etc/keys" && all.text() == "s3://my-bucket/a/b"));
  const auto few = parsed("s3://bucket");
  CHECK((few.prefix.empty() && few.region == "us-east-1" && few.text() == "s3://bucket"));
  CHECK(few.endpoint == "https://s3.us-east-1.amazonaws.com");
  CHECK(parsed("s3://bucket", {{"AWS_REGION", "eu-9"}}).host == "s3.eu-9.amazonaws.com");
  CHECK(parsed("s3://bucket?endpoint=https://s3.example:443").host == "s3.example");
}

TEST_CASE("Addresses that are none are refused, above all those with a key in them") {
  for (const char* text :
       {"", "s3://", "s3://?", "s3:bucket", "s3://UP", "s3://ab", "s3://bucket/../x", "s3://bucket//x",
        "s3://bucket/a b", "s3://key:secret@bucket", "s3://bucket?endpoint=ftp://x", "s3://bucket?endpoint=x",
        "s3://bucket?endpoint=http://user:secret@host", "s3://bucket?endpoint=http://host/path",
        "s3://bucket?endpoint=http://", "s3://bucket?region=a/b", "s3://bucket?secret_key=x",
        "s3://bucket?x"}) {
    INFO(text);
    const auto refused = parse_s3_address(text, environment({}));
    REQUIRE_FALSE(refused.ok());
    CHECK(refused.error().code == ErrorCode::kInvalid);
    CHECK(refused.error().message.find("secret@") == std::string::npos);
  }
}

TEST_CASE("Credentials come from the environment or from a file that nobody else may read") {
  tests::TemporaryFolder folder;
  const auto address = parsed("s3://bucket");
  const auto own = must(read_s3_credentials(
      address,
      environment({{"AWS_ACCESS_KEY_ID", "a"}, {"AWS_SECRET_ACCESS_KEY", "b"}, {"AWS_SESSION_TOKEN", "c"}})));
  CHECK((own.access_key == "a" && own.secret_key == "b" && own.session_token == "c"));
  CHECK(read_s3_credentials(address, environment({})).error().code == ErrorCode::kNotFound);
  CHECK(read_s3_credentials(address, environment({{"AWS_ACCESS_KEY_ID", "a"}})).error().code ==
        ErrorCode::kNotFound);
  CHECK(read_s3_credentials(address,
                            environment({{"AWS_ACCESS_KEY_ID", "a\r\nx"}, {"AWS_SECRET_ACCESS_KEY", "b"}}))
            .error()
            .code == ErrorCode::kInvalid);

  const auto file =
      folder.write("keys",
                   "# ours\n[other]\naws_access_key_id = no\n[default]\naws_access_key_id = id\n"
                   "aws_secret_access_key=se/cr=et \n");
  const auto named = environment({{"AWS_SHARED_CREDENTIALS_FILE", file.string()}});
  REQUIRE(chmod(file.c_str(), 0640) == 0);
  CHECK(read_s3_credentials(address, named).error().code == ErrorCode::kDenied);
  REQUIRE(chmod(file.c_str(), 0600) == 0);
  const auto read = must(read_s3_credentials(address, named));
  CHECK((read.access_key == "id" && read.secret_key == "se/cr=et" && read.session_token.empty()));
  const auto said = parsed("s3://bucket?credentials=" + file.string());
  CHECK(must(read_s3_credentials(said, environment({{"AWS_ACCESS_KEY_ID", "a"}}))).access_key == "id");
  const auto empty = folder.write("empty", "[default]\n");
  REQUIRE(chmod(empty.c_str(), 0600) == 0);
  CHECK(read_s3_credentials(parsed("s3://bucket?credentials=" + empty.string()), named).error().code ==
        ErrorCode::kInvalid);
}

TEST_CASE("A text names a folder or S3") {
  tests::TemporaryFolder folder;
  const auto store = must(open_store((folder.path() / "archive").string()));
  CHECK(store->where() == (folder.path() / "archive").string());
  must(store->put("x", "y"));
  CHECK(open_store("").error().code == ErrorCode::kInvalid);
  CHECK(open_store("s3://UP").error().code == ErrorCode::kInvalid);
  CHECK((names_s3("s3://x") && !names_s3("/s3://x")));

  const auto keys = folder.write("keys", "[default]\naws_access_key_id=a\naws_secret_access_key=b\n");
  REQUIRE(chmod(keys.c_str(), 0600) == 0);
  const std::string text = "s3://bucket/p?endpoint=http://127.0.0.1:1&credentials=" + keys.string();
  const auto far = must(open_store(text, folder.path() / "scratch"));
  CHECK((far->where() == "s3://bucket/p" && far->scratch() == folder.path() / "scratch"));
  REQUIRE(chmod((folder.path() / "scratch").c_str(), 0777) == 0);
  CHECK(open_store(text, folder.path() / "scratch").error().code == ErrorCode::kDenied);
}

}  // namespace fuzzmill::store
