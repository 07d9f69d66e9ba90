// A crash and a group for the tests of the writers, and hostile texts to put into them.
#pragma once

#include <array>
#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "cli/triage/crash.h"

namespace fuzzmill::cli {

// As long as the tests run: where the names of sample frames stand.
inline std::string_view kept_name(std::string_view name) {
  static workers::TextPool names;
  return names.keep(name);
}

inline workers::Frame sample_frame(std::string_view function, std::string_view file, std::uint32_t line,
                                   std::uint32_t column, std::string_view module = {},
                                   std::uint64_t offset = 0) {
  workers::Frame frame;
  frame.function = kept_name(function), frame.file = kept_name(file), frame.line = line;
  frame.column = column, frame.module = kept_name(module), frame.offset = offset;
  return frame;
}

inline TriagedCrash sample_crash() {
  TriagedCrash crash;
  crash.path = "logs/a.log", crash.primary = true, crash.input = "logs/crash-1",
  crash.group = "0123456789abcdef";
  workers::Report& report = crash.print.report;
  report.kind = "heap-buffer-overflow", report.access = "WRITE", report.access_size = 4;
  report.address = 0x602000000054, report.sanitizer = "AddressSanitizer";
  report.frames = {sample_frame("__asan_memcpy", "", 0, 0, "/bin/t", 0x1f),
                   sample_frame("tlv::sum(int)", "/src/tlv.cc", 12, 3),
                   sample_frame("LLVMFuzzerTestOneInput", "/src/fuzz.cc", 40, 1),
                   sample_frame("main", "", 0, 0, "/bin/t", 0x2f)};
  report.allocated_by = {sample_frame("malloc", "", 0, 0, "/bin/t", 0x3f),
                         sample_frame("tlv::make()", "/src/tlv.cc", 7, 0)};
  crash.print.stack.frames = {{"tlv::sum", 1}, {"LLVMFuzzerTestOneInput", 2}};
  crash.print.stack.dropped = {{0, "interceptor"}, {3, "below-fuzz-target"}};
  crash.print.signature = std::string(64, 'a'), crash.print.group = crash.group;
  workers::Signatures& signatures = crash.print.signatures;
  signatures.site = std::string(64, 'b'), signatures.top = std::string(64, 'a');
  signatures.lines = std::string(64, 'c'), signatures.whole = std::string(64, 'd');
  crash.verdict = {schema::Severity::kHigh,
                   true,
                   {"It writes past an object."},
                   {"CWE-787"},
                   "Heap-buffer-overflow WRITE of size 4 in tlv::sum"};
  return crash;
}

inline TriagedGroup sample_group() {
  TriagedGroup group;
  group.representative = sample_crash();
  group.id = group.representative.group;
  group.severity = schema::Severity::kHigh, group.security = true, group.crashes = 2;
  group.members = {"logs/a.log", "logs/b.log"}, group.inputs = {"logs/crash-1"};
  group.kinds = {"heap-buffer-overflow"}, group.reasons = {"All of them crash in tlv::sum."};
  return group;
}

// What a crash report may hold to break out of what it is written into.
inline constexpr std::array kHostile = {"</script><script>alert(1)</script>",
                                        "<!--<script>",
                                        "]]>",
                                        "--><img src=x onerror=alert(1)>",
                                        "\" onload=\"x",
                                        "'",
                                        "' onclick='",
                                        "$(touch pwned)",
                                        "`touch pwned`",
                                        "'; touch pwned; '",
                                        "\\",
                                        "\\'",
                                        "${IFS}",
                                        "!touch",
                                        "\n",
                                        "\r\n",
                                        "\nquit 0\n",
                                        "\nshell touch pwned\n",
                                        "\n#\n",
                                        "@user",
                                        "@org/team",
                                        "fixes #1",
                                        "GH-1",
                                        "owner/repo#1",
                                        "deadbeefdeadbeefdeadbeefdeadbeefdeadbeef",
                                        "https://evil.example/",
                                        "www.evil.example",
                                        "[a](https://evil.example)",
                                        "![a](x)",
                                        "```",
                                        "````\n",
                                        "~~~",
                                        "|",
                                        "\\|",
                                        "| a |\n|---|",
                                        "<details>",
                                        "&lt;",
                                        "&#60;",
                                        "\033[2J",
                                        "\033]0;x\007",
                                        "\u202e",
                                        "\u2028",
                                        "\ufeff",
                                        "\xff\xfe",
                                        "\xc3",
                                        "\xed\xa0\x80",
                                        "%s%n",
                                        "%27",
                                        "../../etc/passwd",
                                        "-rf",
                                        "--",
                                        "EOF",
                                        "END",
                                        "*",
                                        "_a_",
                                        "# x",
                                        "- x",
                                        "1. x",
                                        "<",
                                        ">",
                                        "{{",
                                        "\x01",
                                        "\x7f"};

// The same seed gives the same text.
class HostileText {
 public:
  explicit HostileText(std::uint32_t seed) : random_(seed) {}

  std::string next() {
    std::string text;
    for (std::uint32_t parts = 1 + random_() % 5; parts > 0; --parts) {
      switch (random_() % 4) {
        case 0:
          text += "parse_x";
          break;
        case 1:
          text += static_cast<char>(1 + random_() % 255);
          break;
        default:
          text += kHostile[random_() % kHostile.size()];
      }
    }
    return text;
  }

  // Every text of it is hostile.
  TriagedGroup group() {
    TriagedGroup group = sample_group();
    TriagedCrash& crash = group.representative;
    workers::Report& report = crash.print.report;
    for (std::string* text :
         {&crash.path, &crash.input, &report.kind, &report.access, &report.sanitizer, &report.language,
          &report.signal, &report.message, &report.object.variable, &report.object.function,
          &report.object.file, &crash.verdict.title, &crash.print.signature, &group.id})
      *text = next();
    report.object.region = workers::Object::Region::kHeap;
    for (auto* frames : {&report.frames, &report.allocated_by, &report.freed_by, &report.other_side}) {
      frames->push_back(sample_frame(next(), next(), 3, 4, next(), 5));
      for (workers::Frame& frame : *frames)
        frame.function = kept_name(next()), frame.file = kept_name(next()), frame.module = kept_name(next());
    }
    for (auto& frame : crash.print.stack.frames) frame.name = next();
    for (auto* texts : {&crash.verdict.reasons, &crash.verdict.cwe, &group.members, &group.inputs,
                        &group.kinds, &group.reasons})
      *texts = {next(), next()};
    crash.group = group.id;
    return group;
  }

 private:
  std::mt19937 random_;
};

}  // namespace fuzzmill::cli
