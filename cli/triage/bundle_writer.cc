#include "cli/triage/bundle_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <optional>

#include "cli/triage/engine.h"
#include "cli/triage/escape.h"
#include "cli/triage/json_writer.h"
#include "cli/triage/repro_script.h"
#include "runtime/version.h"
#include "schema/digest.h"

namespace fuzzmill::cli {
namespace {

using Json = nlohmann::ordered_json;

constexpr int kBundleVersion = 1;

// Nothing: it is gone, or too large to copy.
std::optional<std::string> read_input(const std::string& path) {
  std::error_code failed;
  const auto size = std::filesystem::file_size(path, failed);
  if (failed || size > kMaxBundledInput) return std::nullopt;
  std::ifstream in(path, std::ios::binary);
  if (!in) return std::nullopt;
  return std::string(std::istreambuf_iterator<char>(in), {});
}

Json meta_json(const TriagedGroup& group, const TriagedCrash& crash, const ReproFacts& facts) {
  return {{"fuzzmill_bundle", kBundleVersion},
          {"fuzzmill", runtime::kVersion},
          {"group_id", group.id},
          {"input_sha256", facts.input_sha256.empty() ? Json(nullptr) : Json(facts.input_sha256)},
          {"command", facts.command},
          {"group", group_json(group)},
          {"crash", crash_json(crash)}};
}

// How meta.json of our bundle of this group begins.
std::string mark_of(const TriagedGroup& group) {
  return fmt::format("\"group_id\": \"{}\"", file_word(group.id));
}

std::string absolute(const std::string& program) {
  std::error_code failed;
  if (!std::filesystem::exists(program, failed)) return program;  // repro.sh looks for it in PATH
  const auto path = std::filesystem::absolute(program, failed);
  return failed ? program : path.string();
}

}  // namespace

BundleWriter::BundleWriter(OutputFolder& folder, std::vector<std::string> command, const ProjectRules& rules)
    : folder_(folder), command_(std::move(command)), rules_(rules) {
  if (!command_.empty()) command_.front() = absolute(command_.front());
}

schema::Status BundleWriter::crash(const TriagedCrash& crash, std::string_view) {
  if (!crash.input.empty()) chosen_.try_emplace(crash.group, Chosen{crash.path, crash.number, crash.input});
  return {};
}

std::string report_excerpt(const TriagedCrash& crash, const std::string& text, const ProjectRules& rules) {
  const workers::Report& report = crash.print.report;
  if (report.text_begin < report.text_end && report.text_end <= text.size()) {
    std::string part = text.substr(report.text_begin, report.text_end - report.text_begin);
    const auto again = read_crashes(crash.path, part, rules);
    const auto primary =
        std::find_if(again.begin(), again.end(), [](const auto& one) { return one.primary; });
    if (part.size() <= kMaxBundledReport && primary != again.end() &&
        primary->print.signature == crash.print.signature)
      return part;
  }
  return text.size() <= kMaxBundledReport ? text : text.substr(text.size() - kMaxBundledReport);
}

schema::Status BundleWriter::write(const TriagedGroup& group) {
  TriagedCrash crash = group.representative;
  if (const auto at = chosen_.find(group.id); crash.input.empty() && at != chosen_.end()) {
    crash.path = at->second.path, crash.number = at->second.number, crash.input = at->second.input;
  }
  const auto text = read_report_file(crash.path);
  if (!text) return text.error();
  auto read = read_crashes(crash.path, *text, rules_);
  // The file may have changed since it was read.
  if (crash.number < read.size()) {
    read[crash.number].input = crash.input, read[crash.number].group = group.id;
    crash = std::move(read[crash.number]);
  }
  const std::string report = report_excerpt(crash, *text, rules_);
  const std::optional<std::string> input = crash.input.empty() ? std::nullopt : read_input(crash.input);
  ReproFacts facts = repro_facts(crash, group.id, report, command_);
  if (input) facts.input_sha256 = schema::sha256_hex(*input);

  const std::string name = file_word(group.id);
  if (auto claimed = folder_.claim(name, "meta.json", mark_of(group)); !claimed) return claimed;
  struct File {
    std::string_view name;
    std::string content;
    bool executable = false;
  };
  std::vector<File> files;
  // First, for it is what tells the folder as ours.
  files.push_back(
      {"meta.json",
       meta_json(group, crash, facts).dump(2, ' ', false, Json::error_handler_t::replace) + "\n"});
  files.push_back({"report.txt", report});
  files.push_back({"repro.sh", repro_sh(facts), true});
  files.push_back({"repro.gdb", repro_gdb(facts)});
  if (input) files.push_back({"input", *input});
  for (const File& file : files) {
    const auto put = folder_.put(fmt::format("{}/{}", name, file.name), file.content, {}, file.executable);
    if (!put) return put;
  }
  return {};
}

schema::Status BundleWriter::finish(const std::vector<TriagedGroup>& groups) {
  for (const TriagedGroup& group : groups) {
    if (auto written = write(group); !written) return written;
  }
  return {};
}

}  // namespace fuzzmill::cli
