#include <fmt/format.h>

#include <array>
#include <nlohmann/json.hpp>

#include "broker/credentials.h"
#include "cli/commands.h"
#include "cli/data_folder.h"
#include "cli/key_folder.h"
#include "cli/show.h"
#include "runtime/printable.h"
#include "schema/event.h"

namespace fuzzmill::cli {
namespace {

class Keys final : public Command {
 public:
  void declare(runtime::Options& options) override {
    options.positional("ACTION", action_,
                       "list, new (one key), init (all that a broker and its workers need) or server");
    options.positional("NAME", name_, "of new: the node, stage or person that the key is for");
    options.choice("role", role_, {"node", "stage", "operator"}, "of new: what the key may do");
    options.text("keys", keys_, "DIR", "folder of the keys; where none is given, keys/ of --data");
    options.text("data", data_.data, "DIR", "data folder of `fuzzmill up`");
    options.flag("json", json_, "for programs");
  }

  schema::Result<ExitCode> run() override {
    const std::filesystem::path folder = keys_.empty() ? data_.folder().keys() : std::filesystem::path(keys_);
    if (action_ != "new" && !name_.empty()) return schema::invalid(fmt::format("{} takes no NAME", action_));
    if (action_ == "new") return make(folder);
    if (action_ == "init") return init(folder);
    if (action_ == "server") return server(folder);
    if (action_ == "list") return list(folder);
    return schema::invalid(
        fmt::format("'{}' is none of list, new, init, server", runtime::printable(action_)));
  }

 private:
  schema::Result<ExitCode> make(const std::filesystem::path& folder) {
    if (!schema::valid_name(name_)) {
      return schema::invalid(
          "new wants a NAME of up to 64 letters, digits, '.', '_' and '-', as the node or stage is called");
    }
    if (role_ == "stage" && !schema::stage_named(name_)) {
      return schema::invalid(fmt::format("there is no stage '{}'", name_));
    }
    if (auto made = make_key_folder(folder); !made) return made.error();
    const auto role = broker::role_named(role_);
    if (!role) return role.error();
    const auto written = broker::write_credential(broker::make_credential(name_, *role), folder);
    if (!written) return written.error();
    print(
        fmt::format("{0}/{1}.key  secret: move it to {1}, together with {0}/server.pub\n"
                    "{0}/authorized/{1}.pub  admits it here\n",
                    folder.string(), name_));
    return ExitCode::kOk;
  }

  schema::Result<ExitCode> init(const std::filesystem::path& folder) {
    const auto made = make_missing_keys(folder);
    if (!made) return made.error();
    print(made->empty() ? "every key is there\n" : "");
    for (const auto& name : *made) print(fmt::format("made {}\n", name));
    return ExitCode::kOk;
  }

  schema::Result<ExitCode> server(const std::filesystem::path& folder) {
    const auto credential = broker::read_credential(folder / "server.pub");
    if (!credential) return credential.error();
    if (json_) {
      print_json({{"public", credential->public_key}});
    } else {
      print(credential->public_key + "\n");
    }
    return ExitCode::kOk;
  }

  schema::Result<ExitCode> list(const std::filesystem::path& folder) {
    const auto credentials = broker::read_authorized(folder);
    if (!credentials) return credentials.error();
    Table table({{"NAME", false, 8}, {"ROLE"}, {"PUBLIC KEY"}});
    nlohmann::json rows = nlohmann::json::array();
    for (const auto& credential : *credentials) {
      table.add({credential.name, broker::name(credential.role), credential.public_key});
      rows.push_back({{"name", credential.name},
                      {"role", broker::name(credential.role)},
                      {"public", credential.public_key}});
    }
    if (json_) {
      print_json({{"keys", rows}});
    } else if (table.empty()) {
      print(fmt::format("no keys in {}\n", folder.string()));
    } else {
      print(table);
    }
    return ExitCode::kOk;
  }

  std::string action_ = "list", name_, role_ = "node", keys_;
  RedisOptions data_;
  bool json_ = false;
};

}  // namespace

CommandRow keys_command() {
  return {
      {"keys", "Makes and lists the keys that the broker admits",
       "A key NAME.key is secret and goes to its owner, with server.pub; authorized/NAME.pub stays with the\n"
       "broker. A node publishes under its own name only; a stage takes work and publishes what it derives\n"
       "from it; an operator may do both, for any node. To lock a key out, remove authorized/NAME.pub;\n"
       "restart the broker to end a connection that stands.\n\n"
       "list --json: {\"keys\": [{\"name\", \"role\", \"public\"}]}; server --json: {\"public\"}",
       "fuzzmill keys new singapore --role node --keys /var/lib/fuzzmill/keys"},
      make_command<Keys>};
}

}  // namespace fuzzmill::cli
