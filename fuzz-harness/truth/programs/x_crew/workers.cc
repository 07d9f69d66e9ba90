#include "crew.h"

#include <cstring>

namespace crew {

void together(const std::function<void()>& one, const std::function<void()>& other) {
  std::atomic<int> here{0};
  const auto meet = [&here](const std::function<void()>& body) {
    here.fetch_add(1, std::memory_order_relaxed);
    while (here.load(std::memory_order_relaxed) < 2) {
      std::this_thread::yield();
    }
    body();
  };
  std::thread left([&] { meet(one); });
  std::thread right([&] { meet(other); });
  left.join();
  right.join();
}

void start_note(Job* job) { job->tries += 1; }

namespace {

volatile int g_sink;

void use_job(Job* job, char how) {
  if (how == 'n') {
    start_note(job);
  } else if (how == 'm') {
    memset(job->note, 'x', sizeof job->note);
  } else {
    g_sink = job->number;
  }
}

// The job goes with this scope, the worker comes after it.
std::function<void()> plan_job(int number, char how) {
  const std::unique_ptr<Job> job(new Job(number));
  Job* raw = job.get();
  return [raw, how] { use_job(raw, how); };
}

}  // namespace

void late_job(char how) {
  const std::function<void()> work = plan_job(1, how);
  std::thread worker(work);
  worker.join();
}

// The worker's slots end one before its size.
void detached_sum(size_t size, char how) {
  std::vector<int> slots(size);
  int* data = slots.data();
  std::thread worker([data, size, how] {
    for (size_t i = 0; i <= size; ++i) {
      if (how == 'w') {
        data[i] = 1;
      } else {
        g_sink = data[i];
      }
    }
  });
  worker.join();
}

// Gives the lock back by hand though the guard will.
void unlock_twice(char how) {
  static std::mutex mutex;
  if (how == 't') {
    std::thread worker([] {
      mutex.lock();
      mutex.unlock();
    });
    worker.join();
  }
  const std::lock_guard<std::mutex> lock(mutex);
  mutex.unlock();
}

}  // namespace crew
