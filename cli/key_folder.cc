#include "cli/key_folder.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include "broker/credentials.h"
#include "schema/topic.h"

namespace fuzzmill::cli {

schema::Status make_key_folder(const std::filesystem::path& folder) {
  std::error_code error;
  const bool made = std::filesystem::create_directories(folder, error);
  if (error) return schema::denied(fmt::format("cannot make {}: {}", folder.string(), error.message()));
  // A folder that was there keeps the mode its owner gave it; doctor speaks about that.
  if (made && chmod(folder.c_str(), 0700) != 0)
    return schema::denied(fmt::format("cannot chmod {}", folder.string()));
  return {};
}

schema::Result<std::vector<std::string>> make_missing_keys(const std::filesystem::path& folder) {
  if (auto made = make_key_folder(folder); !made) return made.error();
  std::vector<std::pair<std::string, broker::Role>> wanted = {{"server", broker::Role::kServer}};
  for (const schema::Stage stage : schema::all_stages()) {
    wanted.emplace_back(schema::name(stage), broker::Role::kStage);
  }
  wanted.emplace_back(kLocalOperator, broker::Role::kOperator);

  std::vector<std::string> made;
  for (const auto& [name, role] : wanted) {
    if (std::filesystem::exists(folder / (name + ".key"))) continue;
    if (auto written = broker::write_credential(broker::make_credential(name, role), folder); !written) {
      return written.error();
    }
    made.push_back(name);
  }
  return made;
}

}  // namespace fuzzmill::cli
