// What a broker has on loan from a stage's group: entries that it handed out of its own memory, kept in
// Redis as spans of the stream instead of one pending entry each. Written with each transaction of the
// broker, so Redis always knows exactly what is handed out and not finished.
//
//     fuzzmill:{log}:loans:<topic>   <stage>/<broker>  →  "<first>..<last>:<count> <first>..<last>:<count>"
//
// Every entry of the stream within a span is on loan. Pure: any thread, one at a time.
#pragma once

#include <compare>
#include <cstdint>
#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace fuzzmill::store {

// Redis' id of an entry: "<ms>-<n>".
struct EntryId {
  std::uint64_t ms = 0;
  std::uint64_t n = 0;
  std::string text() const;
  EntryId next() const { return {ms, n + 1}; }
  friend auto operator<=>(const EntryId&, const EntryId&) = default;
};
EntryId parse_entry_id(std::string_view text);

struct LoanSpan {
  EntryId first, last;
  std::uint64_t count = 0;
};
std::string loan_text(const std::vector<LoanSpan>& spans);
// What is no span is left out.
std::vector<LoanSpan> parse_loans(std::string_view text);

// The loans of one group.
class Loans {
 public:
  // Entries in the order of the stream, next to each other in it, after all that were lent before. `from`
  // is the entry before the first of them, handed out to whomever.
  void lend(const EntryId& from, const std::vector<EntryId>& ids);
  // No longer on loan. False when it was not.
  bool finish(const EntryId& id);
  // Ends the loans of the oldest spans, until at most `most` spans are left. Returns what they held.
  std::vector<EntryId> give_up(std::size_t most);

  std::vector<LoanSpan> spans() const;
  std::size_t size() const { return open_; }

 private:
  struct Slot {
    EntryId id;
    bool open = true;
    bool follows = true;  // nobody's entry stands between it and the slot before
  };
  std::deque<Slot> slots_;
  std::size_t open_ = 0;
  EntryId last_;
};

}  // namespace fuzzmill::store
