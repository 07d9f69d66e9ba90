#include "crew.h"

namespace crew {

void Shop::book(int amount) {
  const std::lock_guard<std::mutex> lock(ledger_.mutex);
  ledger_.total += amount;
}

// The peak is kept without the lock.
void Shop::book_peak(int amount) {
  if (amount > ledger_.peak) {
    ledger_.peak = amount;
  }
}

// Writes the total without the lock that book() takes.
void Shop::correct(int amount) { ledger_.total = ledger_.total - amount; }

long Shop::read_total() {
  const std::lock_guard<std::mutex> lock(ledger_.mutex);
  return ledger_.total;
}

void Shop::push(int value) {
  const std::lock_guard<std::mutex> lock(queue_mutex_);
  queue_[queued_ % queue_.size()] = value;
  ++queued_;
}

// Jumps the queue, and its lock.
void Shop::push_urgent(int value) { queue_[0] = value; }

int Shop::pop() {
  const std::lock_guard<std::mutex> lock(queue_mutex_);
  return queue_[0];
}

void Shop::move(size_t from, size_t to, long amount) {
  Account& a = accounts_[from % 4];
  Account& b = accounts_[to % 4];
  const std::lock_guard<std::mutex> first(a.mutex);
  const std::lock_guard<std::mutex> second(b.mutex);
  a.balance -= amount;
  b.balance += amount;
}

// Locks in the order of its arguments as well, whatever move() did.
void Shop::audit(size_t one, size_t other) {
  Account& a = accounts_[one % 4];
  Account& b = accounts_[other % 4];
  const std::lock_guard<std::mutex> second(b.mutex);
  const std::lock_guard<std::mutex> first(a.mutex);
  ledger_.entries[0] = static_cast<int>(a.balance + b.balance);
}

// Made on first use, by whoever comes first.
Settings& Shop::settings() {
  if (settings_ == nullptr) {
    settings_.reset(new Settings);
  }
  return *settings_;
}

// The flag is a plain bool.
void Shop::publish(int value) {
  published_ = value;
  ready_ = true;
}

int Shop::consume() const {
  if (!ready()) {
    return 0;
  }
  return published_;
}

}  // namespace crew
