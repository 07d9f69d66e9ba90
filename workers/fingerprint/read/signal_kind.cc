#include "workers/fingerprint/read/signal_kind.h"

namespace fuzzmill::workers {
namespace {

struct Signal {
  std::uint64_t number;
  std::string_view name;
  std::string_view kind;
};

constexpr Signal kSignals[] = {
    {3, "SIGQUIT", "deadly-signal"},
    {4, "SIGILL", "illegal-instruction"},
    {5, "SIGTRAP", "trap"},
    {6, "SIGABRT", "abort"},
    {7, "SIGBUS", "bus"},
    {8, "SIGFPE", "fpe"},
    {11, "SIGSEGV", "segv"},
    {14, "SIGALRM", "timeout"},
    {24, "SIGXCPU", "timeout"},
    {25, "SIGXFSZ", "file-size-exceeded"},
    {26, "SIGVTALRM", "timeout"},
    {31, "SIGSYS", "bad-system-call"},
};

}  // namespace

std::string_view kind_of_signal(std::string_view name) {
  for (const Signal& row : kSignals) {
    if (row.name == name) return row.kind;
  }
  return "deadly-signal";
}

std::string_view kind_of_fault(std::string_view name, std::optional<std::uint64_t> address) {
  const std::string_view kind = kind_of_signal(name);
  return kind == "segv" && address && *address < kNullPage ? "null-dereference" : kind;
}

std::string_view signal_name(std::uint64_t number) {
  for (const Signal& row : kSignals) {
    if (row.number == number) return row.name;
  }
  return {};
}

std::string_view known_signal(std::string_view name) {
  for (const Signal& row : kSignals) {
    if (row.name == name) return row.name;
  }
  return {};
}

std::string_view signal_at_front(std::string_view text) {
  if (!text.starts_with("SIG")) return {};
  std::size_t size = 3;
  while (size < text.size() && text[size] >= 'A' && text[size] <= 'Z') ++size;
  return size > 3 && size < 12 ? text.substr(0, size) : std::string_view();
}

}  // namespace fuzzmill::workers
