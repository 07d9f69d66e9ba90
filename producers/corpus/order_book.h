// The orders of an operator to this node: which are under way, and what is to be reported of them. Pure.
//
// An order is for one target or for all of them. Each target's part is reported with the target's name as
// "taken", then "done" or "failed"; the whole without one, when all parts have ended: that takes it away.
// Reports are kept until the broker has them. Threads: one.
#pragma once

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "schema/ask.h"

namespace fuzzmill::producers {

class OrderBook {
 public:
  // What the broker told, and the targets of this node. Gives those that are to be backed up now.
  std::set<std::string> told(const std::vector<schema::Order>& orders, const std::set<std::string>& targets);

  // A snapshot of the target has ended: each order that waited for it is told so.
  void ended(const std::string& target, bool good, const std::string& text, const std::string& snapshot,
             std::uint64_t sent_bytes = 0);

  // To be sent with the next question, at most schema::kMaxListSize.
  std::vector<schema::OrderReport> reports() const;
  void reported(std::size_t count);  // the broker has so many of them

 private:
  struct UnderWay {
    std::set<std::string> left;  // targets
    bool good = true;
    std::size_t parts = 0;
    std::string problem;  // of the first part that failed
  };
  void close(const std::string& id, const UnderWay& order);
  void report(const std::string& id, const std::string& state, const std::string& text,
              const std::string& target = {}, const std::string& snapshot = {});

  std::map<std::string, UnderWay> under_way_;  // by id
  std::set<std::string> closed_;               // told again until the broker has our report
  std::vector<schema::OrderReport> reports_;
};

}  // namespace fuzzmill::producers
