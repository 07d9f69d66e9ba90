#include "cli/triage/repro_script.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <csignal>
#include <optional>

#include "cli/triage/crash_text.h"
#include "cli/triage/escape.h"
#include "workers/fingerprint/stack/frame_rules.h"

namespace fuzzmill::cli {
namespace {

// What a kind needs besides the options of every run.
struct KindRow {
  std::string_view kind;
  std::string_view asan;        // options of AddressSanitizer, each with ':' before it
  bool anywhere = false;        // the site may stand anywhere in the stack
  bool fuzzer_ends_it = false;  // without a signal, where libFuzzer reports it
};
constexpr std::array kKinds = {
    KindRow{"allocation-size-too-big", ":allocator_may_return_null=0"},
    KindRow{"calloc-overflow", ":allocator_may_return_null=0"},
    KindRow{"reallocarray-overflow", ":allocator_may_return_null=0"},
    KindRow{"rss-limit-exceeded", ":allocator_may_return_null=0", true},
    KindRow{"out-of-memory", ":allocator_may_return_null=0", true, true},
    KindRow{"timeout", ":allocator_may_return_null=1", true, true},
    KindRow{"fuzz-target-exited", ":allocator_may_return_null=1", true, true},
    KindRow{"memory-leak", ":allocator_may_return_null=1", true},
    KindRow{"stack-overflow", ":allocator_may_return_null=1", true},
    KindRow{"stack-use-after-return", ":allocator_may_return_null=1:detect_stack_use_after_return=1"},
    KindRow{"initialization-order-fiasco", ":allocator_may_return_null=1:check_initialization_order=1"},
    KindRow{"invalid-pointer-pair", ":allocator_may_return_null=1:detect_invalid_pointer_pairs=2"},
};

KindRow row_of(std::string_view kind) {
  const auto row =
      std::find_if(kKinds.begin(), kKinds.end(), [&](const auto& one) { return one.kind == kind; });
  return row == kKinds.end() ? KindRow{kind, ":allocator_may_return_null=1"} : *row;
}

struct SignalRow {
  std::string_view name;
  int number;
};
constexpr std::array kSignals = {SignalRow{"SIGSEGV", SIGSEGV}, SignalRow{"SIGABRT", SIGABRT},
                                 SignalRow{"SIGBUS", SIGBUS},   SignalRow{"SIGFPE", SIGFPE},
                                 SignalRow{"SIGILL", SIGILL},   SignalRow{"SIGTRAP", SIGTRAP}};

int signal_number(std::string_view name) {
  for (const SignalRow& row : kSignals) {
    if (row.name == name) return row.number;
  }
  return 0;
}

// The number after the first `marker`.
std::optional<std::uint64_t> number_after(std::string_view text, std::string_view marker) {
  const auto at = text.find(marker);
  if (at == std::string_view::npos) return std::nullopt;
  text.remove_prefix(at + marker.size());
  std::uint64_t number = 0;
  if (std::from_chars(text.data(), text.data() + text.size(), number).ec != std::errc()) return std::nullopt;
  return number;
}

std::uint32_t within(std::optional<std::uint64_t> number, std::uint64_t most) {
  return static_cast<std::uint32_t>(std::min(number.value_or(0), most));
}

// The program among the modules that the frames name: the first that is no shared library.
std::string program_of(const workers::Report& report) {
  for (const workers::Frame& frame : report.frames) {
    const bool library = frame.module.find(".so") != std::string::npos;
    if (frame.module.starts_with('/') && !library) return std::string(frame.module);
  }
  return {};
}

std::string head(const ReproFacts& facts) {
  return fmt::format(
      "# Group {}: {}\n# Kind {}. Exit codes: 0 the same bug, 3 another bug, 4 no crash, 5 wrong "
      "environment.\n",
      script_comment(facts.group), script_comment(facts.title), script_comment(facts.kind));
}

}  // namespace

std::string site_word_of(const workers::Frame& frame) {
  if (frame.function.empty()) {
    const auto slash = frame.module.rfind('/');
    const auto name = slash == std::string::npos ? frame.module : frame.module.substr(slash + 1);
    return name.empty() ? std::string() : fmt::format("{}+{:#x}", name, frame.offset);
  }
  constexpr std::string_view kAnonymous = "(anonymous namespace)::";
  std::string word(frame.function);
  for (std::size_t at = 0; (at = word.find(kAnonymous)) != std::string::npos;)
    word.erase(at, kAnonymous.size());
  word.resize(std::min(word.find_first_of("( \t\n\r\v\f"), word.size()));
  return word;
}

ReproFacts repro_facts(const TriagedCrash& crash, std::string_view group, std::string_view report,
                       std::vector<std::string> command) {
  const workers::Report& read = crash.print.report;
  ReproFacts facts;
  facts.group = group, facts.title = crash.verdict.title, facts.kind = read.kind,
  facts.language = read.language;
  facts.signal = read.signal;
  facts.symbols = std::any_of(read.frames.begin(), read.frames.end(),
                              [](const auto& frame) { return !frame.function.empty(); });
  const auto& counted = crash.print.stack.frames;
  if (!counted.empty()) {
    // Where the clock struck is chance, who called is not; but the entry calls everything.
    auto at = counted.begin();
    if (read.kind == "timeout") {
      at = counted.end() - 1;
      if (at != counted.begin() && workers::is_target_entry(at->name)) --at;
    }
    const auto& site = *at;
    facts.site = site.name, facts.site_depth = site.frame;
    if (site.frame < read.frames.size()) facts.site_word = site_word_of(read.frames[site.frame]);
  }
  facts.command = std::move(command);
  if (facts.command.empty()) {
    if (std::string program = program_of(read); !program.empty()) facts.command.push_back(std::move(program));
  }
  facts.fuzzer_ends_it = row_of(read.kind).fuzzer_ends_it && read.sanitizer == "libFuzzer";
  facts.timeout_s = within(number_after(report, "timeout after "), 300);
  facts.rss_limit_mb = within(number_after(report, "Mb; limit: "), 65536);
  const auto allocation = number_after(report, "out-of-memory (malloc(");
  if (allocation) facts.malloc_limit_mb = std::max(1u, within(*allocation >> 20, 2048));
  return facts;
}

std::string repro_sh(const ReproFacts& facts) {
  const KindRow row = row_of(facts.kind);
  std::string out = fmt::format("#!/bin/sh\n{}set -u\n", head(facts));
  const auto set = [&](std::string_view name, std::string_view value) {
    out += fmt::format("want_{}={}\n", name, shell_word(value));
  };
  set("kind", facts.kind);
  set("site", facts.site_word);
  set("frames", std::to_string(row.anywhere ? 256 : facts.site_depth + 3));
  set("symbols", facts.symbols ? "yes" : "no");
  set("language", facts.language);
  set("signal", std::to_string(signal_number(facts.signal)));
  set("sha256", facts.input_sha256);
  set("timeout", std::to_string(facts.timeout_s));
  set("malloc_limit", std::to_string(facts.malloc_limit_mb));
  set("megabytes", std::to_string(facts.rss_limit_mb != 0 ? facts.rss_limit_mb : 2048));
  set("seconds", std::to_string(std::max(30u, facts.timeout_s * 3 + 10)));
  set("leaks", facts.kind.find("leak") != std::string::npos ? "yes" : "no");
  set("asan_options", row.asan);
  out += repro_sh_arguments();
  if (!facts.command.empty()) {
    out += "[ $# -gt 0 ] || set --";
    for (const std::string& word : facts.command) out += " " + shell_word(word);
    out += "\n";
  }
  return out.append(repro_sh_rest());
}

std::string repro_gdb(const ReproFacts& facts) {
  const KindRow row = row_of(facts.kind);
  const std::string pattern = gdb_pattern(facts.site);
  std::string out = head(facts);
  out +=
      "# sh repro.sh --gdb runs it; or by hand:\n"
      "#   gdb -q -nx -batch -x repro.gdb --args TARGET -handle_abrt=0 -handle_segv=0 input\n"
      "set pagination off\nset confirm off\nset width 0\nset height 0\nset print thread-events off\n"
      "set follow-fork-mode parent\nset disable-randomization on\n"
      "# A sanitizer must stop where it is: by default it ends the process before gdb can look.\n";
  const std::string common = "abort_on_error=1:symbolize=0:handle_abort=0";
  out += fmt::format("set environment ASAN_OPTIONS {}:detect_leaks=0{}\n", common, row.asan);
  out += fmt::format("set environment MSAN_OPTIONS {}\n", common);
  out += fmt::format("set environment TSAN_OPTIONS {}:halt_on_error=1\n", common);
  out += fmt::format("set environment UBSAN_OPTIONS {}:halt_on_error=1:print_stacktrace=0\n", common);
  if (facts.kind.find("leak") != std::string::npos) {
    return out +
           "# A leak is looked for when the process ends, by stopping all of it, as a debugger does too.\n"
           "printf \"REPRO: leaks cannot be seen under ptrace; use repro.sh\\n\"\nquit 5\n";
  }
  if (facts.fuzzer_ends_it) out += "# The fuzzer ends the process: stop there.\ncatch syscall exit_group\n";
  out += "run\nif $_isvoid($_exitcode) && $_isvoid($_exitsignal)\n";
  out += "  printf \"REPRO: stopped signal=%d\\n\", $_siginfo.si_signo\n";
  if (facts.fuzzer_ends_it) out += "  thread 1\n";
  out += "  bt 64\n  thread apply all -s bt 16\n  info registers\n  frame apply 1 -s -q x/i $pc\n";
  if (facts.fuzzer_ends_it) {
    out +=
        "  if $_siginfo.si_signo != 5\n    printf \"REPRO: another bug\\n\"\n    quit 3\n  end\n"
        "  if !$_isvoid($rdi) && $rdi == 0\n    printf \"REPRO: no crash\\n\"\n    quit 4\n  end\n";
  }
  if (pattern.empty()) {
    out += "  printf \"REPRO: crashed; its stack has no function to compare\\n\"\n  quit 0\n";
  } else {
    const std::size_t frames = row.anywhere ? 256 : facts.site_depth + 24;
    // Not $_any_caller_matches: that fails at a frame without a name.
    out += fmt::format(
        "# Only the function where it crashed is compared, not its callers: they are those of the build "
        "that\n"
        "# made the report, and gdb shows others where this one inlines or was built without -g. repro.sh\n"
        "# compares the whole report.\n"
        "set $fuzzmill_same = 0\npython\nimport re\nsite = re.compile(r\"{}\")\n"
        "frame, left = gdb.selected_frame(), {}\ntry:\n"
        "  while frame is not None and left > 0:\n"
        "    if site.match(frame.name() or \"\"):\n"
        "      gdb.set_convenience_variable(\"fuzzmill_same\", 1)\n"
        "    frame, left = frame.older(), left - 1\n"
        "except gdb.error as problem:\n  print(\"REPRO: the stack ends early:\", problem)\nend\n"
        "  if $fuzzmill_same\n    printf \"REPRO: the same bug\\n\"\n    quit 0\n  end\n"
        "  printf \"REPRO: another bug\\n\"\n  quit 3\n",
        pattern, frames);
  }
  out +=
      "else\n  if !$_isvoid($_exitcode)\n    printf \"REPRO: exited code=%d\\n\", $_exitcode\n"
      "    if $_exitcode == 126 || $_exitcode == 127\n      quit 5\n    end\n    quit 4\n  else\n"
      "    printf \"REPRO: killed signal=%d\\n\", $_exitsignal\n    quit 3\n  end\nend\n";
  return out;
}

}  // namespace fuzzmill::cli
