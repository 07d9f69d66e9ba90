#include "broker/credentials.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "schema/event.h"

namespace fuzzmill::broker {
namespace {

namespace fs = std::filesystem;
using schema::Result;
using schema::Status;

constexpr std::array<std::string_view, 4> kRoleNames = {"server", "node", "stage", "operator"};
constexpr std::size_t kZ85Size = 40;

// Reads one `word = "value"` line into the credential; says what is wrong with it, or nothing.
std::string read_line(std::string_view line, Credential& credential) {
  const auto equals = line.find('=');
  if (equals == std::string_view::npos) return "no '='";
  const auto trim = [](std::string_view text) {
    while (!text.empty() && text.front() == ' ') text.remove_prefix(1);
    while (!text.empty() && (text.back() == ' ' || text.back() == '\r')) text.remove_suffix(1);
    return text;
  };
  const std::string_view word = trim(line.substr(0, equals));
  std::string_view value = trim(line.substr(equals + 1));
  if (value.size() < 2 || value.front() != '"' || value.back() != '"') return "the value is not in quotes";
  value = value.substr(1, value.size() - 2);
  if (word == "name") {
    if (value != "*" && !schema::valid_name(value)) return "the name is none ([A-Za-z0-9._-]{1,64} or *)";
    credential.name = value;
  } else if (word == "role") {
    const auto role = role_named(value);
    if (!role) return role.error().message;
    credential.role = *role;
  } else if (word == "public" || word == "secret") {
    if (value.size() != kZ85Size) return "a key has 40 characters";
    (word == "public" ? credential.public_key : credential.secret_key) = value;
  }
  return {};
}

Status write_file(const fs::path& path, const std::string& text, mode_t mode) {
  const int fd = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode);
  if (fd < 0 && errno == EEXIST) {
    return schema::conflict(fmt::format("{} exists; choose another name or remove it first", path.string()));
  }
  if (fd < 0) return schema::denied(fmt::format("cannot create {}: {}", path.string(), std::strerror(errno)));
  const bool written =
      ::write(fd, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && ::fsync(fd) == 0;
  ::close(fd);
  if (!written) return schema::unavailable(fmt::format("cannot write {}", path.string()));
  return {};
}

std::string text_of(const Credential& credential, bool with_secret) {
  std::string text = fmt::format("name = \"{}\"\nrole = \"{}\"\npublic = \"{}\"\n", credential.name,
                                 name(credential.role), credential.public_key);
  if (with_secret) text += fmt::format("secret = \"{}\"\n", credential.secret_key);
  return text;
}

std::string file_stem(const Credential& credential) {
  if (credential.role == Role::kServer) return "server";
  return credential.name == "*" ? fmt::format("any-{}", name(credential.role)) : credential.name;
}

}  // namespace

std::string_view name(Role role) { return kRoleNames[static_cast<std::size_t>(role)]; }

Result<Role> role_named(std::string_view wanted) {
  for (std::size_t i = 0; i < kRoleNames.size(); ++i) {
    if (kRoleNames[i] == wanted) return static_cast<Role>(i);
  }
  return schema::invalid(fmt::format("no role is named '{}' (node, stage, operator)", wanted.substr(0, 32)));
}

Credential make_credential(std::string_view name, Role role) {
  std::array<char, kZ85Size + 1> public_key{};
  std::array<char, kZ85Size + 1> secret_key{};
  zmq_curve_keypair(public_key.data(), secret_key.data());
  return {std::string(name), role, public_key.data(), secret_key.data()};
}

Result<Credential> read_credential(const fs::path& file) {
  std::ifstream in(file);
  if (!in)
    return schema::not_found(
        fmt::format("key file {} cannot be read; `fuzzmill keys new` makes one", file.string()));
  struct stat info {};
  if (file.extension() == ".key" && ::stat(file.c_str(), &info) == 0 && (info.st_mode & 077) != 0) {
    return schema::denied(fmt::format("secret key {} can be read by others: chmod 600 it", file.string()));
  }
  Credential credential;
  std::string line;
  for (int number = 1; std::getline(in, line) && number < 64; ++number) {
    if (line.empty() || line[0] == '#') continue;
    if (const std::string problem = read_line(line, credential); !problem.empty()) {
      return schema::invalid(fmt::format("{}:{}: {}", file.string(), number, problem));
    }
  }
  if (credential.public_key.empty() || credential.name.empty()) {
    return schema::invalid(fmt::format("{}: name or public is missing", file.string()));
  }
  return credential;
}

Status write_credential(const Credential& credential, const fs::path& folder) {
  std::error_code error;
  fs::create_directories(folder / "authorized", error);
  if (error) return schema::denied(fmt::format("cannot make {}: {}", folder.string(), error.message()));
  fs::permissions(folder, fs::perms::owner_all, error);
  const std::string stem = file_stem(credential);
  if (auto status = write_file(folder / (stem + ".key"), text_of(credential, true), 0600); !status)
    return status;
  const fs::path pub =
      credential.role == Role::kServer ? folder / "server.pub" : folder / "authorized" / (stem + ".pub");
  return write_file(pub, text_of(credential, false), 0644);
}

Result<std::vector<Credential>> read_authorized(const fs::path& folder) {
  std::vector<Credential> all;
  std::error_code error;
  for (const auto& entry : fs::directory_iterator(folder / "authorized", error)) {
    if (entry.path().extension() != ".pub") continue;
    auto credential = read_credential(entry.path());
    if (!credential) return std::move(credential).error();
    all.push_back(std::move(credential).value());
  }
  if (error) {
    return schema::not_found(
        fmt::format("no authorized keys in {}: {}", (folder / "authorized").string(), error.message()));
  }
  std::sort(all.begin(), all.end(), [](const Credential& a, const Credential& b) { return a.name < b.name; });
  return all;
}

Result<Peer> read_peer(const fs::path& folder, std::string_view name, std::string_view endpoint) {
  auto self = read_credential(folder / (std::string(name) + ".key"));
  if (!self) return std::move(self).error();
  if (self->secret_key.empty())
    return schema::invalid(fmt::format("{}/{}.key holds no secret", folder.string(), name));
  auto server = read_credential(folder / "server.pub");
  if (!server) return std::move(server).error().in("the broker's public key");
  return Peer{std::string(endpoint), std::move(self).value(), server->public_key};
}

}  // namespace fuzzmill::broker
