#include "store/objects/s3_address.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>

#include "store/objects/files.h"
#include "store/objects/object_store.h"

namespace fuzzmill::store {
namespace {

using schema::Result;

constexpr std::string_view kScheme = "s3://";
constexpr std::size_t kMaxFile = 64 * 1024;
constexpr const char* kExample = "s3://bucket/prefix?endpoint=https://host&region=eu-1";

bool valid_bucket(std::string_view name) {
  return name.size() >= 3 && name.size() <= 63 && name.front() != '.' && name.front() != '-' &&
         name.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789.-") == std::string_view::npos;
}

bool valid_word(std::string_view word) {
  return !word.empty() && word.size() <= 64 &&
         std::all_of(word.begin(), word.end(), [](unsigned char c) { return std::isalnum(c) || c == '-'; });
}

// The host of "http[s]://host[:port]", or nothing when it is no such.
std::string host_of(std::string_view endpoint) {
  const auto slashes = endpoint.find("://");
  if (slashes == std::string_view::npos) return {};
  const auto scheme = endpoint.substr(0, slashes);
  std::string_view host = endpoint.substr(slashes + 3);
  const bool fine =
      (scheme == "http" || scheme == "https") &&
      host.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_:[]") ==
          std::string_view::npos;
  if (!fine) return {};
  const std::string_view usual = scheme == "https" ? ":443" : ":80";
  if (host.ends_with(usual)) host.remove_suffix(usual.size());
  return std::string(host);
}

std::string_view take_until(std::string_view& text, char end) {
  const auto word = text.substr(0, std::min(text.find(end), text.size()));
  text.remove_prefix(std::min(word.size() + 1, text.size()));
  return word;
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.front()))) text.remove_prefix(1);
  while (!text.empty() && std::isspace(static_cast<unsigned char>(text.back()))) text.remove_suffix(1);
  return text;
}

S3Credentials parse_file(std::string_view text) {
  S3Credentials out;
  bool here = false;
  while (!text.empty()) {
    std::string_view line = trimmed(take_until(text, '\n'));
    if (line.starts_with('[')) here = line == "[default]";
    if (!here || line.starts_with('#')) continue;
    const auto name = trimmed(take_until(line, '='));
    const std::string value(trimmed(line));
    if (name == "aws_access_key_id") out.access_key = value;
    if (name == "aws_secret_access_key") out.secret_key = value;
    if (name == "aws_session_token") out.session_token = value;
  }
  return out;
}

Result<S3Credentials> read_file(const std::string& path) {
  const FileDescriptor file(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.get() < 0) return os_error(errno, "cannot read the credentials in", path);
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return os_error(errno, "cannot read the credentials in", path);
  if ((status.st_mode & 077) != 0) {
    return schema::denied(fmt::format("others may read the credentials in {}: chmod 600 {}", path, path));
  }
  std::string text(kMaxFile, '\0');
  const ssize_t got = read(file.get(), text.data(), text.size());
  if (got < 0) return os_error(errno, "cannot read the credentials in", path);
  text.resize(static_cast<std::size_t>(got));
  auto credentials = parse_file(text);
  if (credentials.access_key.empty() || credentials.secret_key.empty()) {
    return schema::invalid(
        fmt::format("{}: no aws_access_key_id and aws_secret_access_key below [default]", path));
  }
  return credentials;
}

// What could end a header's line.
bool fits_header(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > ' ' && c < 127; });
}

}  // namespace

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

std::string S3Address::text() const {
  return fmt::format("s3://{}{}{}", bucket, prefix.empty() ? "" : "/",
                     std::string_view(prefix).substr(0, prefix.empty() ? 0 : prefix.size() - 1));
}

Result<S3Address> parse_s3_address(std::string_view text, const Environment& environment) {
  if (!text.starts_with(kScheme)) return schema::invalid(fmt::format("not an address as {}", kExample));
  text.remove_prefix(kScheme.size());
  std::string_view path = take_until(text, '?');
  S3Address address;
  address.bucket = take_until(path, '/');
  if (!valid_bucket(address.bucket)) {
    return schema::invalid(
        fmt::format("no name of a bucket behind s3:// (as in {}; keys go into the environment "
                    "or a file)",
                    kExample));
  }
  while (path.ends_with('/')) path.remove_suffix(1);
  if (!path.empty() && !valid_object_name(path)) {
    return schema::invalid("a prefix in S3 is of letters, digits, '-', '_', '.', '=' and '/'");
  }
  if (!path.empty()) address.prefix = std::string(path) + "/";
  while (!text.empty()) {
    std::string_view value = take_until(text, '&');
    const auto name = take_until(value, '=');
    if (name == "endpoint") {
      while (value.ends_with('/')) value.remove_suffix(1);
      address.endpoint = value;
    } else if (name == "region") {
      address.region = value;
    } else if (name == "credentials") {
      address.credentials = value;
    } else {
      return schema::invalid("an address in S3 has endpoint, region and credentials (a file), and no more");
    }
  }
  if (address.region.empty()) address.region = environment("AWS_REGION");
  if (address.region.empty()) address.region = "us-east-1";
  if (!valid_word(address.region)) return schema::invalid("that is no region");
  if (address.endpoint.empty()) address.endpoint = fmt::format("https://s3.{}.amazonaws.com", address.region);
  address.host = host_of(address.endpoint);
  if (address.host.empty()) return schema::invalid("an endpoint is https://host[:port], or http://");
  return address;
}

Result<S3Credentials> read_s3_credentials(const S3Address& address, const Environment& environment) {
  std::string file = address.credentials;
  S3Credentials credentials;
  if (file.empty()) {
    credentials = {environment("AWS_ACCESS_KEY_ID"), environment("AWS_SECRET_ACCESS_KEY"),
                   environment("AWS_SESSION_TOKEN")};
    if (credentials.access_key.empty()) file = environment("AWS_SHARED_CREDENTIALS_FILE");
  }
  if (!file.empty()) {
    auto read = read_file(file);
    if (!read) return read;
    credentials = std::move(*read);
  }
  if (credentials.access_key.empty() || credentials.secret_key.empty()) {
    return schema::not_found(
        fmt::format("no credentials for {}: set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a file",
                    address.text()));
  }
  if (!fits_header(credentials.access_key) || !fits_header(credentials.session_token)) {
    return schema::invalid("the access key or the session token has characters that none has");
  }
  return credentials;
}

}  // namespace fuzzmill::store
