#include "broker/dispatcher.h"

#include <algorithm>

namespace fuzzmill::broker {

void Dispatcher::hello(const Peer& peer, WorkerState worker, std::uint64_t now) {
  gone(peer);
  worker.heard_ms = now;
  workers_[peer] = std::move(worker);
}

bool Dispatcher::heard(const Peer& peer, std::uint64_t now) {
  const auto found = workers_.find(peer);
  if (found == workers_.end()) return false;
  found->second.heard_ms = now;
  return true;
}

void Dispatcher::release(const Peer& peer) {
  if (const auto worker = workers_.find(peer); worker != workers_.end()) --worker->second.out;
}

void Dispatcher::gone(const Peer& peer) {
  const auto worker = workers_.find(peer);
  if (worker == workers_.end()) return;
  workers_.erase(worker);
  std::erase_if(out_, [&](auto& out) {
    if (out.second.peer != peer) return false;
    orphan(std::move(out.second.work.entry));
    return true;
  });
}

std::vector<Dispatcher::Peer> Dispatcher::expire(std::uint64_t now, std::uint64_t timeout,
                                                 std::uint64_t lease) {
  std::vector<Peer> silent;
  for (const auto& [peer, worker] : workers_) {
    if (worker.heard_ms + timeout < now) silent.push_back(peer);
  }
  for (const Peer& peer : silent) gone(peer);
  std::vector<std::uint64_t> over;
  for (const auto& [tag, out] : out_) {
    if (out.since + lease < now) over.push_back(tag);
  }
  for (const std::uint64_t tag : over) {
    Out out = std::move(out_.at(tag));
    release(out.peer);
    out_.erase(tag);
    orphan(std::move(out.work.entry));
  }
  return silent;
}

void Dispatcher::ready(Work work) { ready_[index(work.entry.stage)].push_back(std::move(work)); }

void Dispatcher::orphan(store::LogEntry entry) {
  entry.event.clear();  // XCLAIM brings it again
  orphans_[index(entry.stage)].push_back(std::move(entry));
}

void Dispatcher::retry(store::LogEntry entry, std::uint64_t due) {
  entry.event.clear();
  delayed_.emplace(due, std::move(entry));
}

std::vector<Assignment> Dispatcher::assign(std::uint64_t now) {
  std::vector<Assignment> assignments;
  for (std::size_t stage = 0; stage < schema::kStageCount; ++stage) {
    auto& queue = ready_[stage];
    while (!queue.empty()) {
      auto best = workers_.end();
      for (auto it = workers_.begin(); it != workers_.end(); ++it) {
        if (index(it->second.stage) != stage || it->second.out >= it->second.credit) continue;
        if (best == workers_.end() || it->second.out < best->second.out) best = it;
      }
      if (best == workers_.end()) break;
      // A run at once, so that a batch stays a batch: up to a quarter of the credit, at least one.
      std::size_t run = std::max<std::size_t>(1, best->second.credit / 4);
      run = std::min({run, queue.size(), static_cast<std::size_t>(best->second.credit) - best->second.out});
      for (; run > 0; --run) {
        const std::uint64_t tag = next_tag_++;
        auto placed = out_.emplace(tag, Out{best->first, std::move(queue.front()), now}).first;
        queue.pop_front();
        ++best->second.out;
        assignments.push_back({best->first, tag, &placed->second.work});
      }
    }
  }
  return assignments;
}

std::optional<store::LogEntry> Dispatcher::settle(const Peer& peer, std::uint64_t tag) {
  const auto out = out_.find(tag);
  if (out == out_.end() || out->second.peer != peer) return std::nullopt;
  store::LogEntry entry = std::move(out->second.work.entry);
  out_.erase(out);
  release(peer);
  return entry;
}

void Dispatcher::sent(std::uint64_t tag) {
  if (const auto out = out_.find(tag); out != out_.end()) {
    out->second.work.attached.clear();
    out->second.work.attached.shrink_to_fit();
  }
}

void Dispatcher::unsent(std::uint64_t tag) {
  const auto out = out_.find(tag);
  if (out == out_.end()) return;
  release(out->second.peer);
  ready_[index(out->second.work.entry.stage)].push_front(std::move(out->second.work));
  out_.erase(out);
}

std::uint64_t Dispatcher::appetite(schema::Stage stage) const {
  std::uint64_t free = 0;
  for (const auto& [peer, worker] : workers_) {
    if (worker.stage == stage) free += worker.credit - std::min<std::uint64_t>(worker.credit, worker.out);
  }
  const std::uint64_t taken = ready_[index(stage)].size() + claiming_[index(stage)];
  return free > taken ? free - taken : 0;
}

std::vector<store::LogEntry> Dispatcher::take_claims(std::uint64_t now) {
  while (!delayed_.empty() && delayed_.begin()->first <= now) {
    orphan(std::move(delayed_.begin()->second));
    delayed_.erase(delayed_.begin());
  }
  std::vector<store::LogEntry> claims;
  for (const schema::Stage stage : schema::all_stages()) {
    auto& queue = orphans_[index(stage)];
    for (std::uint64_t free = appetite(stage); free > 0 && !queue.empty(); --free) {
      claims.push_back(std::move(queue.front()));
      queue.pop_front();
    }
  }
  for (const auto& claim : claims) ++claiming_[index(claim.stage)];
  return claims;
}

void Dispatcher::claimed(schema::Stage stage, std::uint64_t asked) {
  claiming_[index(stage)] -= std::min(asked, claiming_[index(stage)]);
}

std::set<std::string> Dispatcher::wants(schema::Stage stage) const {
  std::set<std::string> all;
  for (const auto& [peer, worker] : workers_) {
    if (worker.stage == stage) all.insert(worker.wants.begin(), worker.wants.end());
  }
  return all;
}

std::string Dispatcher::key_of(const store::LogEntry& entry) {
  return std::string(name(entry.stage)) + "/" + std::string(name(entry.topic)) + "/" + entry.id;
}

std::set<std::string> Dispatcher::known() const {
  std::set<std::string> keys;
  for (const auto& queue : ready_) {
    for (const Work& work : queue) keys.insert(key_of(work.entry));
  }
  for (const auto& [tag, out] : out_) keys.insert(key_of(out.work.entry));
  for (const auto& queue : orphans_) {
    for (const auto& entry : queue) keys.insert(key_of(entry));
  }
  for (const auto& [due, entry] : delayed_) keys.insert(key_of(entry));
  return keys;
}

std::optional<std::uint64_t> Dispatcher::next_due() const {
  if (delayed_.empty()) return std::nullopt;
  return delayed_.begin()->first;
}

}  // namespace fuzzmill::broker
