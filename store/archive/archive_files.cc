// The files of archives and pages as sources of a merge.
#include "store/archive/merge.h"

namespace fuzzmill::store {
namespace {

using schema::Result;

class ArchiveFiles : public FileSource {
 public:
  explicit ArchiveFiles(std::unique_ptr<ArchiveReader> reader) : reader_(std::move(reader)) {}
  Result<std::optional<ReadFile>> next() override { return reader_->next(); }

 private:
  std::unique_ptr<ArchiveReader> reader_;
};

class PageFiles : public FileSource {
 public:
  explicit PageFiles(std::vector<OpenPage> pages) : pages_(std::move(pages)) {}

  Result<std::optional<ReadFile>> next() override {
    while (true) {
      if (!reader_) {
        if (page_ == pages_.size()) return std::optional<ReadFile>();
        auto source = pages_[page_]();
        if (!source) return std::move(source).error();
        auto reader = ArchiveReader::open(std::move(*source), ArchiveReader::Manifest::kNone);
        if (!reader) return in_page(std::move(reader).error());
        reader_ = std::move(*reader);
      }
      auto file = reader_->next();
      if (!file) return in_page(std::move(file).error());
      if (*file) return file;
      reader_.reset();
      ++page_;
    }
  }

 private:
  schema::Error in_page(schema::Error error) const {
    return std::move(error).in("page " + std::to_string(page_));
  }

  std::vector<OpenPage> pages_;
  std::size_t page_ = 0;
  std::unique_ptr<ArchiveReader> reader_;  // of pages_[page_]
};

}  // namespace

std::unique_ptr<FileSource> archive_files(std::unique_ptr<ArchiveReader> reader) {
  return std::make_unique<ArchiveFiles>(std::move(reader));
}

std::unique_ptr<FileSource> page_files(std::vector<OpenPage> pages) {
  return std::make_unique<PageFiles>(std::move(pages));
}

}  // namespace fuzzmill::store
