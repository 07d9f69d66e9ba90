#include "store/objects/open_store.h"

#include <fmt/format.h>
#include <unistd.h>

#include "store/objects/folder_store.h"
#include "store/objects/s3_store.h"

namespace fuzzmill::store {
namespace {

constexpr std::string_view kS3 = "s3://";

}  // namespace

bool names_s3(std::string_view text) { return text.starts_with(kS3); }

schema::Result<std::unique_ptr<ObjectStore>> open_store(const std::string& text,
                                                        const std::filesystem::path& scratch) {
  using Opened = schema::Result<std::unique_ptr<ObjectStore>>;
  if (text.empty()) return schema::invalid("no folder and no s3:// address to archive into");
  if (!names_s3(text)) {
    auto folder = FolderStore::at(text);
    return folder ? Opened(std::unique_ptr<ObjectStore>(std::move(*folder)))
                  : Opened(std::move(folder).error());
  }
  auto address = parse_s3_address(text, from_environment);
  if (!address) return std::move(address).error();
  auto credentials = read_s3_credentials(*address, from_environment);
  if (!credentials) return std::move(credentials).error();
  std::error_code failed;
  const auto below = scratch.empty() ? std::filesystem::temp_directory_path(failed) /
                                           fmt::format("fuzzmill-s3-{}", geteuid())
                                     : scratch;
  auto store = S3Store::at(std::move(*address), std::move(*credentials), below);
  return store ? Opened(std::unique_ptr<ObjectStore>(std::move(*store))) : Opened(std::move(store).error());
}

}  // namespace fuzzmill::store
