#include "tests/bench/triage.h"

#include <fmt/format.h>
#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <functional>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <utility>

#include "tests/bench/allocations.h"
#include "workers/classify/classify.h"
#include "workers/fingerprint/fingerprint.h"

namespace fuzzmill::bench {
namespace {

namespace fs = std::filesystem;

constexpr double kTracesBound = 20'000, kBytesBound = 200;  // a second; MB a second
constexpr double kSlowdownBound = 2;  // of a byte in a longer text against one in a shorter
// How often and how long something is measured: the best round counts.
struct Effort {
  int rounds;
  double seconds;  // of each
};

constexpr Effort kThorough{5, 0.2}, kBrief{2, 0.05};

std::string read_file(const fs::path& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream text;
  text << file.rdbuf();
  return std::move(text).str();
}

fs::path conformance_folder() {
  if (const char* folder = std::getenv("FUZZMILL_CONFORMANCE")) return folder;
  return fs::path(FUZZMILL_SOURCE_DIR) / ".." / "shared" / "conformance";
}

struct Texts {
  std::string name;
  std::vector<std::string> all;
};

Texts core_cases() {
  const fs::path folder = conformance_folder() / "clusterfuzz";
  Texts texts{"ClusterFuzz core cases", {}};
  std::ifstream cases(folder / "cases.jsonl");
  for (std::string line; std::getline(cases, line);) {
    const auto row = nlohmann::json::parse(line, nullptr, false);
    if (row.is_object() && row.value("core", false))
      texts.all.push_back(read_file(folder / row.value("input", "")));
  }
  return texts;
}

Texts own_samples() {
  Texts texts{"our own samples", {}};
  const fs::path folder = fs::path(FUZZMILL_SOURCE_DIR) / "workers/fingerprint/read/testdata";
  for (const auto& entry : fs::directory_iterator(folder)) texts.all.push_back(read_file(entry.path()));
  return texts;
}

// What triage does with one text; the result keeps the compiler from leaving the work out.
std::size_t triage_one(const std::string& text) {
  std::size_t sum = 0;
  for (const workers::Fingerprint& print : workers::fingerprint_all({text, {}, {}}).all) {
    const workers::Report& report = print.report;
    workers::CrashFacts facts;
    facts.kind = report.kind, facts.access = report.access, facts.access_size = report.access_size;
    facts.address = report.address, facts.pc = report.pc, facts.stack = print.stack.names();
    facts.message = report.message, facts.sanitizer = report.sanitizer, facts.language = report.language;
    facts.signal = report.signal;
    sum += workers::classify(facts).title.size() + print.signature.size();
  }
  return sum;
}

// Of this thread: what other programs take of the machine does not count.
double cpu_seconds() {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) / 1e9;
}

// Seconds that one call takes: the best round, each long enough to be measured.
double seconds(const Effort& effort, const std::function<std::size_t()>& work) {
  double best = 1e9;
  volatile std::size_t sink = work();
  for (int round = 0; round < effort.rounds; ++round) {
    const double start = cpu_seconds();
    double took = 0;
    for (int calls = 1; took < effort.seconds; ++calls) {
      sink = sink + work();
      took = cpu_seconds() - start;
      if (took >= effort.seconds) best = std::min(best, took / calls);
    }
  }
  return best;
}

void add_throughput(std::vector<Row>& rows, const Texts& texts) {
  std::size_t bytes = 0;
  for (const std::string& text : texts.all) bytes += text.size();
  const auto all = [&] {
    std::size_t sum = 0;
    for (const std::string& text : texts.all) sum += triage_one(text);
    return sum;
  };
  const double count = static_cast<double>(texts.all.size()), took = seconds(kThorough, all);
  const auto before = allocations();
  all();
  const auto allocated = static_cast<double>(allocations() - before);
  const double traces = count / took, rate = static_cast<double>(bytes) / took / 1e6;
  const std::string size = fmt::format("{:.1f} KB", static_cast<double>(bytes) / count / 1e3);
  rows.push_back({texts.name + ": one core", size, traces, "traces/s", kTracesBound, traces / kTracesBound});
  rows.push_back({texts.name + ": one core", size, rate, "MB/s", kBytesBound, rate / kBytesBound});
  rows.push_back({texts.name + ": allocations", size, allocated / count, "a trace", 0, 0});
}

std::string repeated(std::string_view head, std::string_view unit, std::size_t size) {
  std::string text(head);
  text.reserve(size + unit.size());
  while (text.size() < size) text += unit;
  text.resize(size);
  return text;
}

struct Hostile {
  const char* name;
  const char* head;
  const char* unit;
};

constexpr const char* kHeader =
    "==1==ERROR: AddressSanitizer: heap-buffer-overflow on address 0x602000000010 at pc 0x1\n";

constexpr Hostile kHostile[] = {
    {"plain log lines", "", "INFO: seed corpus: files: 12 min: 1b max: 80b total: 300b rss: 31Mb\n"},
    {"frames", kHeader, "    #0 0x55d34f50204a in kiln::Oven<int>::fire(unsigned long) /src/kiln.cc:9:97\n"},
    {"reports", "",
     "==1==ERROR: AddressSanitizer: SEGV on unknown address 0x0 (pc 0x1)\n    #0 0x1 in fire /k.cc:1\n"},
    {"lines of # only", kHeader, "################################################################\n"},
    {"# without line ends", kHeader, "# # # #"},
    {"one line without an end", "", "abcdefgh "},
    {"open brackets", kHeader, "    #1 0x1 in f<((((<<<<{{{{[[[[ /a.cc:1\n"},
    {"one name of open brackets", "    #1 0x1 in f", "<("},
    {"half an assertion", "", "Assertion `"},
    {"lines of half an assertion", "", "Assertion ` Check failed: ==1== ERROR: AddressSanitizer: \n"},
    {"escapes", "", "\x1b[31m#0 0x1 in f\x1b[0m "},
    {"quotes", "", "what():  '`\"'`\"\n"},
    {"glog frames", "", "    @     0x5605333e2ca0  kiln::Fire()\n"},
    {"arguments of a debugger", kHeader, "    #1 0x1 in f () () () () () () () () () () () () () () ()"},
    {"goroutines", "panic: x\n", "goroutine 1 [running]:\nmain.f(0x1)\n\t/a/b.go:1 +0x1\n"},
};

// How much slower a byte of a longer text is than one of a shorter: 1 when time grows with the length.
void add_linearity(std::vector<Row>& rows, const Hostile& hostile) {
  constexpr std::size_t kSizes[] = {1'000, 10'000, 100'000, 1'000'000, 10'000'000};
  double fastest = 0, slowdown = 0, rate = 0;
  for (std::size_t size : kSizes) {
    const std::string text = repeated(hostile.head, hostile.unit, size);
    rate = static_cast<double>(size) / seconds(kBrief, [&] { return triage_one(text); }) / 1e6;
    fastest = std::max(fastest, rate);
    slowdown = std::max(slowdown, fastest / rate);
    if (size == 1'000) rows.push_back({hostile.name, "1 KB", rate, "MB/s", 0, 0});
  }
  rows.push_back({hostile.name, "10 MB", rate, "MB/s", 0, 0});
  rows.push_back({std::string(hostile.name) + ": slower by length", "1 KB-10 MB", slowdown, "times",
                  kSlowdownBound, slowdown / kSlowdownBound});
}

}  // namespace

std::vector<Row> bench_triage() {
  std::vector<Row> rows;
  Texts texts = core_cases();
  if (texts.all.empty()) {
    std::fprintf(stderr, "bench: no conformance data in %s: our own samples instead\n",
                 conformance_folder().c_str());
    texts = own_samples();
  }
  add_throughput(rows, texts);
  for (const Hostile& hostile : kHostile) {
    std::fprintf(stderr, "triage: %s\n", hostile.name);
    add_linearity(rows, hostile);
  }
  return rows;
}

}  // namespace fuzzmill::bench
