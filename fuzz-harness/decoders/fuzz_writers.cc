// Fuzzes the writers of a triage: a text of reports becomes crashes, and each becomes JSON, HTML, SARIF, an
// issue and both scripts. Whatever the text holds, it stays a value in them: the JSON is JSON, the page has
// the elements of every page, a word of the shell is one word.
#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>
#include <string>

#include "cli/triage/escape.h"
#include "cli/triage/html_writer.h"
#include "cli/triage/issue_writer.h"
#include "cli/triage/json_writer.h"
#include "cli/triage/repro_script.h"
#include "cli/triage/sarif_writer.h"
#include "fuzz-harness/decoders/require.h"

namespace {

using namespace fuzzmill::cli;
using fuzzmill::fuzz::require;
using fuzzmill::workers::Fingerprint;

constexpr std::size_t kMostCrashes = 4;  // of one text: what a writer does does not depend on how many

TriagedGroup group_of(Fingerprint print, std::string_view text) {
  const std::string name(text.substr(0, 300));  // what a hostile archive may call its files
  fuzzmill::workers::CrashFacts facts;
  facts.kind = print.report.kind, facts.access = print.report.access, facts.address = print.report.address;
  facts.stack = print.stack.names(), facts.message = print.report.message, facts.marks = print.report.marks;
  TriagedGroup group;
  TriagedCrash& crash = group.representative;
  crash.path = name, crash.input = name, crash.primary = true;
  crash.verdict = fuzzmill::workers::classify(facts);
  crash.group = group.id = print.group;
  crash.print = std::move(print);
  group.severity = crash.verdict.severity, group.security = crash.verdict.security;
  group.members = group.inputs = {name};
  group.kinds = {crash.print.report.kind};
  group.crashes = 1;
  return group;
}

template <class Make>
std::string written(const TriagedGroup& group, Make make) {
  char* buffer = nullptr;
  std::size_t size = 0;
  std::FILE* file = open_memstream(&buffer, &size);
  auto writer = make(file);
  require(writer.begin().ok(), "a writer begins");
  require(writer.crash(group.representative, writer.prepare(group.representative)).ok(),
          "a crash is written");
  require(writer.finish({group}).ok(), "a writer finishes");
  std::fclose(file);
  std::string text(buffer, size);
  std::free(buffer);
  return text;
}

std::string html(const TriagedGroup& group) {
  return written(group, [](std::FILE* file) { return HtmlWriter(file, 1'700'000'000'000); });
}

// A line break is ours; every other control character would be theirs.
bool is_text(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return (byte < 0x20 && c != '\n' && c != '\t') || byte == 0x7f;
  });
}

// Reads single-quoted pieces and \' between them, as a shell would: the word, or nothing if it is several.
bool is_one_word(std::string_view word, std::string_view meant) {
  std::string read;
  for (std::size_t i = 0; i < word.size(); ++i) {
    if (word[i] == '\\' && i + 1 < word.size() && word[i + 1] == '\'') {
      read += word[++i];
      continue;
    }
    if (word[i] != '\'') return false;
    const auto end = word.find('\'', i + 1);
    if (end == std::string_view::npos) return false;
    read += word.substr(i + 1, end - i - 1);
    i = end;
  }
  std::string wanted(meant);
  std::erase(wanted, '\0');
  return read == wanted;
}

bool only_has(std::string_view text, std::string_view more) {
  return std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
           more.find(c) != std::string_view::npos;
  });
}

void check(const TriagedGroup& group) {
  const TriagedCrash& crash = group.representative;
  const std::string line = crash_text(crash);
  require(nlohmann::json::accept(line) && line.find('\n') == std::string::npos, "a crash is a line of JSON");
  require(nlohmann::json::accept(written(group, [](std::FILE* file) { return JsonWriter(file); })),
          "the JSON is JSON");
  require(nlohmann::json::accept(written(group, [](std::FILE* file) { return SarifWriter(file, "/src"); })),
          "SARIF is JSON");
  static const auto kElements = [] {
    const std::string page = html(group_of(fuzzmill::workers::fingerprint({"", {}, 11}), "a.txt"));
    return std::count(page.begin(), page.end(), '<');
  }();
  const std::string page = html(group);
  require(std::count(page.begin(), page.end(), '<') == kElements, "no report makes an element");
  require(is_text(page), "a page is text");
  const std::string issue = issue_markdown(group);
  require(issue.starts_with("# ") && is_text(issue), "an issue is text");
  const ReproFacts facts = repro_facts(crash, group.id, crash.print.report.message, {});
  require(is_text(repro_sh(facts)) && is_text(repro_gdb(facts)), "scripts are text");
}

void check_words(std::string_view text) {
  require(is_one_word(shell_word(text), text), "a shell's word is one");
  require(only_has(gdb_pattern(text), "_()|[]^$?*.-"), "a pattern holds nothing but harmless characters");
  require(only_has(uri_of_path(text), "-._~/%"), "a path is a URI's");
  require(script_comment(text).find('\n') == std::string::npos, "a comment is a line");
  require(json_in_html(std::string(text)).find('<') == std::string::npos, "no element in JSON");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzzmill::fuzz::text_of(data, size);
  auto prints = fuzzmill::workers::fingerprint_all({text, {}, {}});
  for (std::size_t i = 0; i < std::min(prints.all.size(), kMostCrashes); ++i)
    check(group_of(std::move(prints.all[i]), text));
  check_words(text.substr(0, 1000));
  return 0;
}
