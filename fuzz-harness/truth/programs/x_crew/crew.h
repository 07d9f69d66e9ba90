// A crew of workers over one shared shop: a queue, a ledger, accounts, settings made on first use.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace crew {

struct Job {
  explicit Job(int number) : number(number) {}
  int number;
  int tries = 0;
  char note[24] = {};
};

struct Ledger {
  std::mutex mutex;
  long total = 0;
  long peak = 0;
  int entries[32] = {};
};

struct Account {
  std::mutex mutex;
  long balance = 100;
};

struct Settings {
  int limit = 3;
  int burst = 5;
};

class Shop {
 public:
  void book(int amount);
  void book_peak(int amount);
  void correct(int amount);
  long read_total();
  void push(int value);
  void push_urgent(int value);
  int pop();
  void move(size_t from, size_t to, long amount);
  void audit(size_t one, size_t other);
  Settings& settings();
  bool stopped() const { return stop_; }
  void stop() { stop_ = true; }
  bool ready() const { return ready_; }
  void publish(int value);
  int consume() const;

 private:
  Ledger ledger_;
  Account accounts_[4];
  std::mutex queue_mutex_;
  std::vector<int> queue_ = std::vector<int>(8);
  size_t queued_ = 0;
  std::unique_ptr<Settings> settings_;
  bool stop_ = false;
  bool ready_ = false;
  int published_ = 0;
};

// Runs both at once; `meet` holds both back until the other stands there too.
void together(const std::function<void()>& one, const std::function<void()>& other);

void start_note(Job* job);
void late_job(char how);
void detached_sum(size_t size, char how);
void unlock_twice(char how);

}  // namespace crew
