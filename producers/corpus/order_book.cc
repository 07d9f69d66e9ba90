#include "producers/corpus/order_book.h"

#include <fmt/format.h>

#include <algorithm>

#include "schema/limits.h"

namespace fuzzmill::producers {
namespace {

constexpr std::size_t kMaxClosed = 4096;
constexpr std::size_t kMaxReports = 4096;

}  // namespace

void OrderBook::report(const std::string& id, const std::string& state, const std::string& text,
                       const std::string& target, const std::string& snapshot) {
  schema::OrderReport report;
  report.id = id;
  report.state = state;
  report.text = text;
  report.target = target;
  report.snapshot = snapshot;
  if (reports_.size() < kMaxReports) reports_.push_back(std::move(report));
}

std::set<std::string> OrderBook::told(const std::vector<schema::Order>& orders,
                                      const std::set<std::string>& targets) {
  std::set<std::string> wanted;
  if (closed_.size() > kMaxClosed) closed_.clear();
  for (const auto& order : orders) {
    if (under_way_.contains(order.id) || closed_.contains(order.id)) continue;
    UnderWay fresh;
    if (order.order != "backup") {
      fresh.good = false, fresh.problem = fmt::format("this node knows no order '{}'", order.order);
    } else if (order.target.empty()) {
      fresh.left = targets;
    } else if (targets.contains(order.target)) {
      fresh.left = {order.target};
    } else {
      fresh.good = false, fresh.problem = fmt::format("this node has no target '{}'", order.target);
    }
    fresh.parts = fresh.left.size();
    for (const auto& target : fresh.left) report(order.id, "taken", "", target);
    wanted.insert(fresh.left.begin(), fresh.left.end());
    if (fresh.left.empty()) {
      close(order.id, fresh);
    } else {
      under_way_.emplace(order.id, std::move(fresh));
    }
  }
  return wanted;
}

void OrderBook::close(const std::string& id, const UnderWay& order) {
  report(id, order.good ? "done" : "failed",
         order.good ? fmt::format("{} {}", order.parts, order.parts == 1 ? "target" : "targets")
                    : order.problem);
  closed_.insert(id);
}

void OrderBook::ended(const std::string& target, bool good, const std::string& text,
                      const std::string& snapshot, std::uint64_t sent_bytes) {
  for (auto at = under_way_.begin(); at != under_way_.end();) {
    auto& [id, order] = *at;
    if (order.left.erase(target) == 0) {
      ++at;
      continue;
    }
    report(id, good ? "done" : "failed", text, target, snapshot);
    reports_.back().sent_bytes = sent_bytes;
    if (!good && order.good) order.good = false, order.problem = fmt::format("{}: {}", target, text);
    if (!order.left.empty()) {
      ++at;
      continue;
    }
    close(id, order);
    at = under_way_.erase(at);
  }
}

std::vector<schema::OrderReport> OrderBook::reports() const {
  const auto count = std::min(reports_.size(), schema::kMaxListSize);
  return {reports_.begin(), reports_.begin() + static_cast<std::ptrdiff_t>(count)};
}

void OrderBook::reported(std::size_t count) {
  reports_.erase(reports_.begin(),
                 reports_.begin() + static_cast<std::ptrdiff_t>(std::min(count, reports_.size())));
}

}  // namespace fuzzmill::producers
