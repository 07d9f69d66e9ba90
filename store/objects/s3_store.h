// Objects in S3-compatible storage, as <prefix><name> in a bucket.
//
// What is over S3Options::multipart_over goes up in parts, and a part that fails is sent again; when all
// fails the upload is aborted, and uploads that a killed process left are aborted when they are a day old. A
// server shows an object when it is whole, so nothing is ever half there. S3 has no rename: rename() copies
// within the server and then removes. It asks first whether `to` is there and does not replace it; between
// asking and copying another may put one there (only we write below our prefix, and archives are named by
// their content).
//
// Life cycle: at(); the bucket must be there. Threads: any. Memory: S3Options::part_bytes an upload,
// read_bytes an open object.
// Errors: those of S3Client and ObjectStore; a read of an object that was replaced meanwhile is kConflict.
#pragma once

#include <atomic>
#include <memory>

#include "store/objects/object_store.h"
#include "store/objects/s3_client.h"

namespace fuzzmill::store {

class S3Store : public ObjectStore {
 public:
  // `scratch` is made when it is not there, and swept as FolderStore's is.
  static schema::Result<std::unique_ptr<S3Store>> at(S3Address address, S3Credentials credentials,
                                                     const std::filesystem::path& scratch,
                                                     S3Options options = {});

  std::string where() const override { return client_->address().text(); }
  std::filesystem::path scratch() const override { return scratch_; }
  schema::Status put(const std::string& name, std::string_view bytes) override;
  schema::Status put_file(const std::string& name, const std::filesystem::path& file) override;
  schema::Result<std::unique_ptr<ByteSource>> open(const std::string& name) override;
  schema::Result<StoredObject> stat(const std::string& name) override;
  schema::Result<std::vector<StoredObject>> list(const std::string& prefix) override;
  schema::Status rename(const std::string& from, const std::string& to) override;
  schema::Status remove(const std::string& name) override;

  // Aborts uploads below the prefix that began `age_s` ago or earlier; how many. A server that does not know
  // of this has 0.
  schema::Result<std::size_t> abort_stale_uploads(std::uint64_t age_s);

 private:
  S3Store(std::shared_ptr<S3Client> client, std::filesystem::path scratch)
      : client_(std::move(client)), scratch_(std::move(scratch)) {}

  std::shared_ptr<S3Client> client_;
  std::filesystem::path scratch_;
  std::atomic<bool> swept_{false};
};

}  // namespace fuzzmill::store
