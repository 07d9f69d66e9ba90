#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>

#include "store/archive/archive_reader.h"
#include "store/objects/files.h"

namespace fuzzmill::store {
namespace {

using schema::Result;

class BytesSource : public ByteSource {
 public:
  explicit BytesSource(std::string_view bytes) : left_(bytes) {}
  Result<std::size_t> read(char* out, std::size_t size) override {
    const std::size_t count = left_.copy(out, size);
    left_.remove_prefix(count);
    return count;
  }

 private:
  std::string_view left_;
};

class DiskSource : public ByteSource {
 public:
  DiskSource(FileDescriptor file, std::string name) : file_(std::move(file)), name_(std::move(name)) {}
  Result<std::size_t> read(char* out, std::size_t size) override {
    while (true) {
      const ssize_t count = ::read(file_.get(), out, size);
      if (count >= 0) return static_cast<std::size_t>(count);
      if (errno != EINTR) return os_error(errno, "cannot read", name_);
    }
  }

 private:
  FileDescriptor file_;
  std::string name_;
};

}  // namespace

std::unique_ptr<ByteSource> bytes_source(std::string_view bytes) {
  return std::make_unique<BytesSource>(bytes);
}

Result<std::unique_ptr<ByteSource>> file_source(const std::filesystem::path& file) {
  FileDescriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0) return os_error(errno, "cannot open", file.string());
  struct stat status {};
  if (::fstat(fd.get(), &status) != 0) return os_error(errno, "cannot open", file.string());
  if (!S_ISREG(status.st_mode)) return schema::denied(file.string() + " is no file");
  return std::unique_ptr<ByteSource>(std::make_unique<DiskSource>(std::move(fd), file.string()));
}

}  // namespace fuzzmill::store
