#include "store/loans.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/number.h"

namespace fuzzmill::store {
std::string EntryId::text() const {
  char digits[44];
  char* end = std::to_chars(digits, digits + 20, ms).ptr;
  *end++ = '-';
  end = std::to_chars(end, end + 20, n).ptr;
  return {digits, end};
}

EntryId parse_entry_id(std::string_view text) {
  const auto dash = text.find('-');
  return {number(text.substr(0, dash)), dash == std::string_view::npos ? 0 : number(text.substr(dash + 1))};
}

std::string loan_text(const std::vector<LoanSpan>& spans) {
  std::string text;
  for (const LoanSpan& span : spans) {
    if (!text.empty()) text += ' ';
    text += fmt::format("{}..{}:{}", span.first.text(), span.last.text(), span.count);
  }
  return text;
}

std::vector<LoanSpan> parse_loans(std::string_view text) {
  std::vector<LoanSpan> spans;
  while (!text.empty()) {
    const auto word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    const auto dots = word.find("..");
    const auto colon = word.rfind(':');
    if (dots == std::string_view::npos || colon == std::string_view::npos || colon < dots) continue;
    spans.push_back({parse_entry_id(word.substr(0, dots)),
                     parse_entry_id(word.substr(dots + 2, colon - dots - 2)),
                     number(word.substr(colon + 1))});
  }
  return spans;
}

void Loans::lend(const EntryId& from, const std::vector<EntryId>& ids) {
  for (const EntryId& id : ids) {
    slots_.push_back({id, true, &id != ids.data() || from == last_});
    ++open_;
  }
  if (!ids.empty()) last_ = ids.back();
}

bool Loans::finish(const EntryId& id) {
  const auto slot = std::lower_bound(slots_.begin(), slots_.end(), id,
                                     [](const Slot& s, const EntryId& i) { return s.id < i; });
  if (slot == slots_.end() || slot->id != id || !slot->open) return false;
  slot->open = false;
  --open_;
  while (!slots_.empty() && !slots_.front().open) slots_.pop_front();
  return true;
}

std::vector<LoanSpan> Loans::spans() const {
  std::vector<LoanSpan> spans;
  bool within = false;
  for (const Slot& slot : slots_) {
    if (slot.open && within && slot.follows) {
      spans.back().last = slot.id;
      ++spans.back().count;
    } else if (slot.open) {
      spans.push_back({slot.id, slot.id, 1});
    }
    within = slot.open;
  }
  return spans;
}

std::vector<EntryId> Loans::give_up(std::size_t most) {
  std::vector<EntryId> ids;
  const auto all = spans();
  if (all.size() <= most) return ids;
  const EntryId kept_from = most == 0 ? last_.next() : all[all.size() - most].first;
  for (const Slot& slot : slots_) {
    if (slot.open && slot.id < kept_from) ids.push_back(slot.id);
  }
  for (const EntryId& id : ids) finish(id);
  return ids;
}

}  // namespace fuzzmill::store
