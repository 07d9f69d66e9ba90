// Counted objects: a store of documents, their authors and shared blobs.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace refs {

template <typename T>
class Counted {
 public:
  void retain() { ++count_; }
  void release() {
    if (--count_ == 0) {
      delete static_cast<T*>(this);
    }
  }
  int count() const { return count_; }

 private:
  int count_ = 1;
};

// Takes over the one reference a new object comes with; share() makes another.
template <typename T>
class Ref {
 public:
  Ref() = default;
  explicit Ref(T* raw) : raw_(raw) {}
  Ref(const Ref& other) : raw_(other.raw_) {
    if (raw_ != nullptr) {
      raw_->retain();
    }
  }
  Ref(Ref&& other) noexcept : raw_(other.raw_) { other.raw_ = nullptr; }
  Ref& operator=(Ref other) noexcept {
    std::swap(raw_, other.raw_);
    return *this;
  }
  ~Ref() {
    if (raw_ != nullptr) {
      raw_->release();
    }
  }

  static Ref share(T* raw) {
    raw->retain();
    return Ref(raw);
  }

  T* operator->() const { return raw_; }
  T* get() const { return raw_; }
  explicit operator bool() const { return raw_ != nullptr; }

 private:
  T* raw_ = nullptr;
};

class Blob final : public Counted<Blob> {
 public:
  explicit Blob(size_t size) : bytes(size, 7), level(static_cast<int>(size)) {}
  int checksum() const {
    int sum = level;
    for (const uint8_t byte : bytes) {
      sum += byte;
    }
    return sum;
  }
  std::vector<uint8_t> bytes;
  int level;
};

class Author final : public Counted<Author> {
 public:
  explicit Author(std::string text) : name(std::move(text)) {}
  std::string name;
  int works = 0;
};

// A view of bytes that somebody else keeps.
struct Slice {
  const char* data = nullptr;
  size_t size = 0;
  char front() const { return data[0]; }
  int sum() const {
    int all = 0;
    for (size_t i = 0; i < size; ++i) {
      all += data[i];
    }
    return all;
  }
};

struct Document {
  Ref<Blob> cover;
  Ref<Author> author;
  std::string title;
  Slice heading;
};

struct Section {
  explicit Section(int id) : id(id) {}
  int id;
  std::shared_ptr<Section> next;
  std::shared_ptr<Section> back;
  char text[40] = {};
};

Ref<Blob> make_blob(size_t size);
Ref<Author> make_author(const std::string& name);

}  // namespace refs
