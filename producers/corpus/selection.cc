#include "producers/corpus/selection.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "runtime/units.h"
#include "schema/corpus_listing.h"

namespace fuzzmill::producers {
namespace {

std::size_t rank_of(std::string_view reason) {
  const auto found = std::find(schema::kReasons.begin(), schema::kReasons.end(), reason);
  return static_cast<std::size_t>(found - schema::kReasons.begin());
}

bool more_valuable(const ChosenFile& a, const ChosenFile& b) {
  if (a.worth.reason != b.worth.reason) return rank_of(a.worth.reason) < rank_of(b.worth.reason);
  if (a.worth.coverage != b.worth.coverage) return a.worth.coverage > b.worth.coverage;
  if (a.file.mtime_ns != b.file.mtime_ns) return a.file.mtime_ns > b.file.mtime_ns;
  if (a.file.size != b.file.size) return a.file.size < b.file.size;
  return a.file.name < b.file.name;
}

}  // namespace

schema::Status parse_selection(std::string_view text, SelectionPolicy& policy) {
  if (text == "all") {
    policy.all = true;
    return {};
  }
  constexpr std::string_view kTop = "top ";
  if (text.substr(0, kTop.size()) == kTop) {
    const auto count = runtime::parse_number(text.substr(kTop.size()));
    if (count && *count >= 1 && *count <= kMaxChosenFiles) {
      policy.all = false;
      policy.top = *count;
      return {};
    }
  }
  return schema::invalid(
      fmt::format("'{}' is neither \"all\" nor \"top N\", N from 1 to {}", text, kMaxChosenFiles));
}

std::string selection_option(const SelectionPolicy& policy) {
  return policy.all ? "all" : fmt::format("top {}", policy.top);
}

std::string selection_rule(const SelectionPolicy& policy) {
  const auto size = runtime::size_text(policy.max_file_bytes);
  if (policy.all) return fmt::format("all files up to {}", size);
  return fmt::format("top {} by coverage, newness and size, of files up to {}", policy.top, size);
}

Selection::Selection(const SelectionPolicy& policy)
    : policy_(policy), limit_(policy.all ? kMaxChosenFiles : policy.top) {}

void Selection::leave_out(const CorpusEntry& file) {
  ++left_out_files_;
  left_out_bytes_ += file.size;
}

void Selection::offer(CorpusEntry file, const Worth& worth) {
  if (file.size > policy_.max_file_bytes) return leave_out(file);
  heap_.push_back({std::move(file), policy_.all ? Worth{"all", worth.coverage} : worth});
  if (heap_.size() < limit_) return;
  if (heap_.size() == limit_) return std::make_heap(heap_.begin(), heap_.end(), more_valuable);
  std::push_heap(heap_.begin(), heap_.end(), more_valuable);
  std::pop_heap(heap_.begin(), heap_.end(), more_valuable);
  leave_out(heap_.back().file);
  heap_.pop_back();
}

std::vector<ChosenFile> Selection::take() {
  std::sort(heap_.begin(), heap_.end(), more_valuable);
  return std::move(heap_);
}

}  // namespace fuzzmill::producers
