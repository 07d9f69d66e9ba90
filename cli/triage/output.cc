#include "cli/triage/output.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <optional>
#include <utility>

#include "runtime/printable.h"

namespace fuzzmill::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxMarkedHead = 64 * 1024;  // bytes in which a mark is looked for

schema::Error cannot(std::string_view what, const std::string& path) {
  return schema::unavailable(
      fmt::format("cannot {} {}: {}", what, runtime::printable(path), std::strerror(errno)));
}

schema::Error not_ours(const std::string& path) {
  return schema::conflict(
      fmt::format("{} is there and was not made by fuzzmill: move it away, or name another folder",
                  runtime::printable(path)));
}

// A new file beside `path`, which nobody can have put there before us.
schema::Result<int> open_half(const std::string& path, std::string& half, mode_t mode) {
  half = path + ".XXXXXX";
  const int descriptor = mkostemp(half.data(), O_CLOEXEC);
  if (descriptor < 0) return cannot("write", path);
  const mode_t mask = umask(0);
  umask(mask);
  fchmod(descriptor, mode & ~mask);
  return descriptor;
}

// Nothing: there is none. Of a link, a folder or an unreadable file, an empty text: it is not ours.
std::optional<std::string> existing(const std::string& path) {
  std::error_code failed;
  const auto status = fs::symlink_status(path, failed);
  if (status.type() == fs::file_type::not_found) return std::nullopt;
  if (status.type() != fs::file_type::regular) return std::string();
  std::ifstream in(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(in), {});
}

bool holds(std::string_view text, std::string_view mark) {
  return text.substr(0, kMaxMarkedHead).find(mark) != std::string_view::npos;
}

}  // namespace

OutputFile::~OutputFile() {
  if (file_ == nullptr) return;
  std::fclose(file_);
  unlink(half_.c_str());
}

schema::Status OutputFile::open(const std::string& path) {
  struct stat status = {};
  // A device or a pipe, such as /dev/stdout, is written to directly.
  if (stat(path.c_str(), &status) == 0 && !S_ISREG(status.st_mode)) {
    if (S_ISDIR(status.st_mode))
      return schema::invalid(fmt::format("{} is a folder", runtime::printable(path)));
    file_ = std::fopen(path.c_str(), "we");
    if (file_ == nullptr) return cannot("write", path);
    return {};
  }
  auto descriptor = open_half(path, half_, 0666);
  if (!descriptor) return descriptor.error();
  path_ = path;
  file_ = fdopen(*descriptor, "w");
  return {};
}

schema::Status OutputFile::close() {
  const bool flushed = std::fclose(std::exchange(file_, nullptr)) == 0;
  if (path_.empty())
    return flushed ? schema::Status() : schema::Status(schema::unavailable("cannot write the output"));
  if (flushed && std::rename(half_.c_str(), path_.c_str()) == 0) return {};
  const auto error = cannot("write", path_);
  unlink(half_.c_str());
  return error;
}

schema::Status OutputFolder::write(const std::string& path, std::string_view content, bool executable) {
  std::error_code failed;
  fs::create_directories(fs::path(path).parent_path(), failed);
  std::string half;
  auto descriptor = open_half(path, half, executable ? 0777 : 0666);
  if (!descriptor) return descriptor.error();
  std::FILE* file = fdopen(*descriptor, "w");
  const bool written = std::fwrite(content.data(), 1, content.size(), file) == content.size();
  if (std::fclose(file) == 0 && written && std::rename(half.c_str(), path.c_str()) == 0) return {};
  const auto error = cannot("write", path);
  unlink(half.c_str());
  return error;
}

schema::Status OutputFolder::put(const std::string& name, std::string_view content, std::string_view mark,
                                 bool executable) {
  const std::string path = (fs::path(path_) / name).string();
  const auto there = existing(path);
  if (there && *there == content) {
    ++counts_.same;
    if (dry_run_) fmt::print(tell_, "same         {}\n", runtime::printable(path));
    return {};
  }
  if (there && !mark.empty() && !holds(*there, mark)) return not_ours(path);
  ++counts_.written;
  if (dry_run_) {
    fmt::print(tell_, "would {} {}: {} bytes\n", there ? "replace" : "write  ", runtime::printable(path),
               content.size());
    return {};
  }
  return write(path, content, executable);
}

schema::Status OutputFolder::claim(const std::string& name, const std::string& file, std::string_view mark) {
  const fs::path folder = fs::path(path_) / name;
  std::error_code failed;
  const auto status = fs::symlink_status(folder, failed);
  if (status.type() == fs::file_type::not_found) return {};
  if (status.type() != fs::file_type::directory) return not_ours(folder.string());
  if (fs::is_empty(folder, failed) && !failed) return {};
  const auto there = existing((folder / file).string());
  if (!there || !holds(*there, mark)) return not_ours(folder.string());
  return {};
}

}  // namespace fuzzmill::cli
