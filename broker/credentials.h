// Who is who on the wire: CURVE key pairs (RFC 26/ZMTP) and the role that the broker grants to each.
// A key folder holds, one file a key:
//   server.key          the broker's secret (mode 600)      server.pub   its public key, copied to peers
//   NAME.key            a peer's secret (mode 600), stays with the peer
//   authorized/NAME.pub what the broker admits: the public key with its role
// A file is lines of `word = "value"`: name, role, public, secret. Secrets are never logged.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "schema/result.h"

namespace fuzzmill::broker {

// What a key may do: kNode publishes as its own name (an agent of node N); kStage consumes as a stage and
// publishes what it derives; kOperator does both, for any node (tests, benches, tools of people).
enum class Role { kServer, kNode, kStage, kOperator };
std::string_view name(Role role);
schema::Result<Role> role_named(std::string_view name);

struct Credential {
  std::string name;  // node or stage name; "*" admits any
  Role role = Role::kNode;
  std::string public_key;  // Z85, 40 characters
  std::string secret_key;  // Z85, 40 characters; empty in a .pub file
};

Credential make_credential(std::string_view name, Role role);

// kNotFound, kDenied (a secret others may read) or kInvalid, naming the file and line.
schema::Result<Credential> read_credential(const std::filesystem::path& file);

// Writes NAME.key (600) into `folder`, and NAME.pub into folder/authorized (or server.pub beside it).
// kConflict when the name is taken.
schema::Status write_credential(const Credential& credential, const std::filesystem::path& folder);

// Every authorized key, sorted by name. Files that do not parse are an error that names them.
schema::Result<std::vector<Credential>> read_authorized(const std::filesystem::path& folder);

// How to reach a broker: where, as whom, and whose key it must show.
struct Peer {
  std::string endpoint;  // tcp://host:port or ipc:///path
  Credential self;
  std::string server_public_key;
};
// Reads folder/NAME.key and folder/server.pub.
schema::Result<Peer> read_peer(const std::filesystem::path& folder, std::string_view name,
                               std::string_view endpoint);

}  // namespace fuzzmill::broker
