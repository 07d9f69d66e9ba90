#include "workers/archive/whole_snapshot.h"

#include <algorithm>
#include <tuple>

#include "schema/corpus_listing.h"
#include "schema/corpus_manifest.h"
#include "schema/digest.h"
#include "store/archive/archive_writer.h"

namespace fuzzmill::workers {

schema::Result<WholeSnapshot> page_of_whole(const broker::Delivery& delivery) {
  WholeSnapshot whole;
  whole.event = delivery.event;
  whole.event.attachments.clear();
  auto& body = std::get<schema::CorpusSnapshot>(whole.event.body);
  body.snapshot = schema::sha256_hex(delivery.event.id.hex()).substr(0, 16);
  body.page = 0, body.last = true;
  struct File {
    schema::Sha256 sha256;
    const broker::Attachment* attachment;
  };
  std::vector<File> files;
  for (const auto& attachment : delivery.attachments)
    files.push_back({schema::sha256(attachment.bytes), &attachment});
  std::sort(files.begin(), files.end(), [](const File& a, const File& b) {
    return std::tie(a.sha256, a.attachment->name) < std::tie(b.sha256, b.attachment->name);
  });
  auto writer = store::ArchiveWriter::to_memory(whole.files, whole.event.time_ms / 1000);
  if (!writer) return std::move(writer).error();
  schema::CorpusListing listing;
  for (const File& file : files) {
    const std::string& name = file.attachment->name;
    if (name.empty() || name.size() > schema::kMaxCorpusNameSize || name.find('\0') != std::string::npos)
      return schema::invalid("corpus.snapshot: an attachment's name is no file name");
    const bool again = !listing.files.empty() && listing.files.back().sha256 == file.sha256;
    if (!again) {
      if (auto added = (*writer)->add(schema::corpus_entry_name(file.sha256), file.attachment->bytes); !added)
        return added.error();
    }
    listing.files.push_back({file.sha256, file.attachment->bytes.size(), name, 0, 0, "newest"});
  }
  if (auto done = (*writer)->finish(); !done) return std::move(done).error();
  if (listing.files.empty()) whole.files.clear();
  whole.listing = schema::encode_listing(listing);
  return whole;
}

}  // namespace fuzzmill::workers
