#include "producers/library/own_usage.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cstdio>
#include <memory>
#include <string_view>

namespace fuzzmill::producers {
namespace {

std::chrono::microseconds cpu_time() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  const auto sum = [](const timeval& t) {
    return std::chrono::seconds(t.tv_sec) + std::chrono::microseconds(t.tv_usec);
  };
  return sum(usage.ru_utime) + sum(usage.ru_stime);
}

// Field 2 of statm is resident pages, field 20 of stat the number of threads; the command in stat is in
// parentheses and may hold anything but ends with the last of them.
double resident_mb() {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/self/statm", "re"),
                                                             std::fclose);
  long pages = 0;
  if (!file || std::fscanf(file.get(), "%*s %ld", &pages) != 1) return 0;
  return static_cast<double>(pages) * static_cast<double>(::sysconf(_SC_PAGESIZE)) / (1 << 20);
}

std::uint64_t thread_count() {
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen("/proc/self/stat", "re"),
                                                             std::fclose);
  char text[1024] = {};
  if (!file || std::fread(text, 1, sizeof text - 1, file.get()) == 0) return 1;
  const std::string_view all(text);
  const auto end = all.rfind(") ");
  unsigned long threads = 1;
  if (end != all.npos) {
    (void)std::sscanf(text + end + 2,
                      "%*c %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %*s %lu", &threads);
  }
  return threads;
}

}  // namespace

OwnUsageMeter::OwnUsageMeter() : last_(std::chrono::steady_clock::now()), cpu_(cpu_time()) {}

OwnUsage OwnUsageMeter::look() {
  const auto now = std::chrono::steady_clock::now();
  const auto cpu = cpu_time();
  const std::chrono::duration<double> passed = now - last_;
  const std::chrono::duration<double> used = cpu - cpu_;
  OwnUsage usage;
  usage.interval_ms =
      static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(now - last_).count());
  usage.cpu_percent = passed.count() > 0 ? 100 * used.count() / passed.count() : 0;
  usage.rss_mb = resident_mb();
  usage.threads = thread_count();
  last_ = now, cpu_ = cpu;
  return usage;
}

}  // namespace fuzzmill::producers
