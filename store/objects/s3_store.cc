#include "store/objects/s3_store.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <charconv>

#include "store/objects/files.h"
#include "store/objects/s3_read.h"
#include "store/objects/s3_upload.h"
#include "store/objects/s3_xml.h"
#include "store/objects/scratch_folder.h"

namespace fuzzmill::store {
namespace {

using schema::ErrorCode;
using schema::Result;
using schema::Status;

constexpr std::size_t kMaxListed = 4'000'000;
constexpr std::uint64_t kStaleUpload_s = 86'400;
constexpr std::uint64_t kMaxCopy = 5ull << 30;  // what S3 copies in one request

Status check_name(const std::string& name) {
  if (valid_object_name(name)) return {};
  return schema::invalid("that is no name of an object");
}

std::uint64_t number_of(std::string_view text) {
  std::uint64_t value = 0;
  std::from_chars(text.data(), text.data() + text.size(), value);
  return value;
}

Status without_answer(Result<S3Answer> answer) {
  if (!answer) return std::move(answer).error();
  return {};
}

}  // namespace

Result<std::unique_ptr<S3Store>> S3Store::at(S3Address address, S3Credentials credentials,
                                             const std::filesystem::path& scratch, S3Options options) {
  auto folder = make_scratch_folder(scratch);
  if (!folder) return std::move(folder).error();
  auto client = std::make_shared<S3Client>(std::move(address), std::move(credentials), std::move(options));
  return std::unique_ptr<S3Store>(new S3Store(std::move(client), std::move(*folder)));
}

Status S3Store::put(const std::string& name, std::string_view bytes) {
  if (auto fine = check_name(name); !fine) return fine;
  S3Call call{"PUT", name};
  call.body.bytes = bytes;
  return without_answer(client_->call(call));
}

Status S3Store::put_file(const std::string& name, const std::filesystem::path& file) {
  if (auto fine = check_name(name); !fine) return fine;
  const FileDescriptor source(::open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  struct ::stat status {};
  if (source.get() < 0 || fstat(source.get(), &status) != 0)
    return os_error(errno, "cannot open", file.string());
  if (!S_ISREG(status.st_mode)) return schema::denied(file.string() + " is no regular file");
  const auto size = static_cast<std::uint64_t>(status.st_size);
  if (size > client_->options().multipart_over) {
    // Once a process, and no reason not to put: what is stale costs money, not archives.
    if (!swept_.exchange(true)) static_cast<void>(abort_stale_uploads(kStaleUpload_s).ok());
    if (auto sent = upload_in_parts(*client_, name, source.get(), size); !sent) return sent;
  } else {
    auto sha256 = sha256_of(source.get(), 0, size, name);
    if (!sha256) return std::move(sha256).error();
    S3Call call{"PUT", name};
    call.body.fd = source.get(), call.body.size = size, call.payload_sha256 = std::move(*sha256);
    if (auto sent = client_->call(call); !sent) return std::move(sent).error();
  }
  std::error_code ignored;
  std::filesystem::remove(file, ignored);
  return {};
}

Result<std::unique_ptr<ByteSource>> S3Store::open(const std::string& name) {
  if (auto fine = check_name(name); !fine) return std::move(fine).error();
  return read_s3(client_, name);
}

Result<StoredObject> S3Store::stat(const std::string& name) {
  if (auto fine = check_name(name); !fine) return std::move(fine).error();
  const auto answer = client_->call({"HEAD", name});
  if (!answer) return answer.error();
  return StoredObject{name, answer->content_length, http_time(answer->last_modified)};
}

Result<std::vector<StoredObject>> S3Store::list(const std::string& prefix) {
  const std::string& ours = client_->address().prefix;
  std::vector<StoredObject> out;
  std::string token;
  while (true) {
    S3Call call{"GET", "", {{"list-type", "2"}, {"prefix", ours + prefix}}};
    if (!token.empty()) call.query.emplace_back("continuation-token", token);
    const auto answer = client_->call(call);
    if (!answer) return answer.error();
    for (const std::string_view entry : xml_elements(answer->body, "Contents")) {
      const std::string key = xml_text(entry, "Key");
      if (!key.starts_with(ours) || !valid_object_name(key.substr(ours.size()))) continue;  // not ours
      out.push_back({key.substr(ours.size()), number_of(xml_element(entry, "Size")),
                     xml_time(xml_element(entry, "LastModified"))});
    }
    const std::string next = xml_text(answer->body, "NextContinuationToken");
    if (xml_element(answer->body, "IsTruncated") != "true") break;
    if (next.empty() || next == token || out.size() > kMaxListed) {
      return schema::unavailable(fmt::format("{}: the server's list of {} has no end", where(), prefix));
    }
    token = next;
  }
  std::sort(out.begin(), out.end(),
            [](const StoredObject& a, const StoredObject& b) { return a.name < b.name; });
  return out;
}

Status S3Store::rename(const std::string& from, const std::string& to) {
  if (auto fine = check_name(to); !fine) return fine;
  const auto source = stat(from);
  if (!source) return source.error();
  const auto target = stat(to);
  if (target) return schema::conflict(fmt::format("{}/{} is there already", where(), to));
  if (target.error().code != ErrorCode::kNotFound) return target.error();
  if (source->size > kMaxCopy) {
    return schema::too_large(
        fmt::format("{}/{} is over 5 GB: S3 does not copy it in one piece", where(), from));
  }
  S3Call copy{"PUT", to};
  copy.headers = {{"x-amz-copy-source", client_->path_of(from)}};  // has nothing that needs encoding
  const auto copied = client_->call(copy);
  if (!copied) return copied.error();
  if (!xml_element(copied->body, "Error").empty()) {  // S3 says 200 before it knows
    return schema::unavailable(
        fmt::format("{}/{} was not copied: {}", where(), from, xml_text(copied->body, "Code")));
  }
  const auto there = stat(to);
  if (!there) return there.error();
  if (there->size != source->size)
    return schema::unavailable(fmt::format("{}/{} is not a whole copy", where(), to));
  return remove(from);
}

Status S3Store::remove(const std::string& name) {
  if (auto fine = check_name(name); !fine) return fine;
  auto removed = without_answer(client_->call({"DELETE", name}));
  if (!removed && removed.error().code == ErrorCode::kNotFound) return {};
  return removed;
}

Result<std::size_t> S3Store::abort_stale_uploads(std::uint64_t age_s) {
  const std::string& ours = client_->address().prefix;
  const auto answer = client_->call({"GET", "", {{"uploads", ""}, {"prefix", ours}}});
  if (!answer && answer.error().code == ErrorCode::kInvalid)
    return std::size_t{0};  // 501: it has no such list
  if (!answer) return answer.error();
  std::size_t aborted = 0;
  for (const std::string_view upload : xml_elements(answer->body, "Upload")) {
    const std::string key = xml_text(upload, "Key");
    const auto began = xml_time(xml_element(upload, "Initiated"));
    if (!key.starts_with(ours) || began == 0 || began + age_s > client_->now_s()) continue;
    const auto gone =
        client_->call({"DELETE", key.substr(ours.size()), {{"uploadId", xml_text(upload, "UploadId")}}});
    if (!gone && gone.error().code != ErrorCode::kNotFound) return gone.error();
    ++aborted;
  }
  return aborted;
}

}  // namespace fuzzmill::store
