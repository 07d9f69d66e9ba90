#include "store/objects/s3_upload.h"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>
#include <cerrno>
#include <memory>
#include <vector>

#include "schema/digest.h"
#include "store/objects/files.h"
#include "store/objects/s3_xml.h"

namespace fuzzmill::store {
namespace {

using schema::ErrorCode;
using schema::Result;
using schema::Status;

constexpr std::uint64_t kMaxParts = 10'000;
constexpr std::uint64_t kMegabyte = 1u << 20;
constexpr std::size_t kPiece = 256 * 1024;

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

std::uint64_t part_size(const S3Options& options, std::uint64_t size) {
  const std::uint64_t least = (size / kMaxParts / kMegabyte + 1) * kMegabyte;
  return size / options.part_bytes < kMaxParts ? options.part_bytes : std::max(options.part_bytes, least);
}

Result<std::string> begin(S3Client& client, const std::string& name) {
  const auto answer = client.call({"POST", name, {{"uploads", ""}}});
  if (!answer) return answer.error();
  auto id = xml_text(answer->body, "UploadId");
  if (id.empty()) return schema::unavailable(fmt::format("{}: the server began no upload", name));
  return id;
}

// Its end, once all parts are there. The answer to it may get lost: then the upload is gone and the object is
// there.
Status complete(S3Client& client, const std::string& name, const std::string& id, const std::string& parts,
                std::uint64_t size) {
  S3Call call{"POST", name, {{"uploadId", id}}};
  call.body.bytes = parts;
  const auto answer = client.call(call);
  const bool gone = !answer && answer.error().code == ErrorCode::kNotFound;
  if (!answer && !gone) return answer.error();
  if (answer && !xml_element(answer->body, "Error").empty()) {  // S3 says 200 before it knows
    return schema::unavailable(
        fmt::format("{}: the upload was not completed: {}", name, xml_text(answer->body, "Code")));
  }
  const auto there = client.call({"HEAD", name});
  if (!there) return there.error();
  if (there->content_length == size) return {};
  return schema::unavailable(
      fmt::format("{}: {} bytes arrived, {} were sent", name, there->content_length, size));
}

Status send_parts(S3Client& client, const std::string& name, const std::string& id, int fd,
                  std::uint64_t size) {
  const std::uint64_t part = part_size(client.options(), size);
  std::string list = "<CompleteMultipartUpload>";
  for (std::uint64_t at = 0, number = 1; at < size; at += part, ++number) {
    const std::uint64_t bytes = std::min(part, size - at);
    auto sha256 = sha256_of(fd, at, bytes, name);
    if (!sha256) return std::move(sha256).error();
    S3Call call{"PUT", name, {{"partNumber", std::to_string(number)}, {"uploadId", id}}};
    call.body.fd = fd, call.body.offset = at, call.body.size = bytes;
    call.payload_sha256 = std::move(*sha256);
    const auto answer = client.call(call);
    if (!answer) return answer.error();
    list += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", number,
                        xml_escape(answer->etag));
  }
  return complete(client, name, id, list + "</CompleteMultipartUpload>", size);
}

}  // namespace

Result<std::string> sha256_of(int fd, std::uint64_t offset, std::uint64_t size, const std::string& name) {
  const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr);
  std::string piece(kPiece, '\0');
  for (std::uint64_t at = 0; at < size;) {
    const auto wanted = static_cast<std::size_t>(std::min<std::uint64_t>(kPiece, size - at));
    const ssize_t got = pread(fd, piece.data(), wanted, static_cast<off_t>(offset + at));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return os_error(errno, "cannot read what becomes", name);
    if (got == 0) return schema::unavailable(fmt::format("what becomes {} became shorter", name));
    EVP_DigestUpdate(context.get(), piece.data(), static_cast<std::size_t>(got));
    at += static_cast<std::uint64_t>(got);
  }
  schema::Sha256 digest{};
  EVP_DigestFinal_ex(context.get(), digest.data(), nullptr);
  return schema::hex(digest);
}

Status upload_in_parts(S3Client& client, const std::string& name, int fd, std::uint64_t size) {
  const auto id = begin(client, name);
  if (!id) return id.error();
  auto sent = send_parts(client, name, *id, fd, size);
  if (!sent) {
    // What cannot be aborted now is swept when it is a day old.
    const auto aborted = client.call({"DELETE", name, {{"uploadId", *id}}});
    if (!aborted && aborted.error().code == ErrorCode::kInternal) return aborted.error();
  }
  return sent;
}

}  // namespace fuzzmill::store
