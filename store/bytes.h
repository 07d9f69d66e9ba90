// Bytes that several hold without copying them: a view, and whoever keeps it alive.
//
// Threads: as std::shared_ptr; the bytes themselves never change.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <utility>

namespace fuzzmill::store {

class Bytes {
 public:
  Bytes() = default;
  // Takes the string along. Implicit, so that what is a string may be handed over as it is.
  Bytes(std::string text) {
    auto kept = std::make_shared<const std::string>(std::move(text));
    view_ = *kept;
    keeper_ = std::move(kept);
  }
  // REQUIRES: `view` lives as long as what `keeper` holds.
  Bytes(std::shared_ptr<const void> keeper, std::string_view view)
      : keeper_(std::move(keeper)), view_(view) {}

  operator std::string_view() const { return view_; }
  std::size_t size() const { return view_.size(); }
  bool empty() const { return view_.empty(); }
  void clear() { *this = Bytes(); }

 private:
  std::shared_ptr<const void> keeper_;
  std::string_view view_;
};

}  // namespace fuzzmill::store
