// fuzzmill-bench NAME [--json]: the table of benchmarks.
#include <malloc.h>

#include <cstdio>
#include <cstring>
#include <functional>
#include <string_view>

#include "runtime/log.h"
#include "tests/bench/queue.h"
#include "tests/bench/table.h"
#include "tests/bench/triage.h"

namespace {

struct Bench {
  const char* name;
  const char* what;
  std::function<std::vector<fuzzmill::bench::Row>()> run;
};

const Bench kBenches[] = {
    {"queue", "the whole way of an event against Redis' own ceiling and a rival",
     fuzzmill::bench::bench_queue},
    {"triage", "reports read, normalised, signed and classified by one core, and what long texts cost",
     fuzzmill::bench::bench_triage},
};

int usage(FILE* out) {
  std::fputs("Usage: fuzzmill-bench NAME [--json]\n\n", out);
  for (const Bench& bench : kBenches) std::fprintf(out, "  %-8s %s\n", bench.name, bench.what);
  std::fputs("\nExample: ./dev bench queue --json\n", out);
  return out == stdout ? 0 : 2;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) return usage(stderr);
  if (std::strcmp(argv[1], "--help") == 0) return usage(stdout);
  const bool json = argc > 2 && std::strcmp(argv[2], "--json") == 0;
  if (argc > 3 || (argc == 3 && !json)) return usage(stderr);
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // as in cli/main.cc
  mallopt(M_TRIM_THRESHOLD, 64 << 20);
  fuzzmill::runtime::start_log("bench", fuzzmill::runtime::LogLevel::kWarn);
  for (const Bench& bench : kBenches) {
    if (std::string_view(argv[1]) != bench.name) continue;
    std::fputs(fuzzmill::bench::render(bench.run(), json).c_str(), stdout);
    return 0;
  }
  return usage(stderr);
}
