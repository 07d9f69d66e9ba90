// The agent's file: which targets a node fuzzes or watches. TOML; docs/operating.md explains the keys, and
// they are the table kKeys of targets_file.cc. An example:
//
//   [[target]]
//   name = "png"
//   command = ["./fuzz_png", "-rss_limit_mb=2048", "corpus/"]
//   working-dir = "/srv/fuzz"
//   replay = "always"
//
//   [[target]]
//   name = "json"
//   command = ["afl-fuzz", "-i", "seeds", "-o", "out", "--", "./json", "@@"]
//   replay-command = ["./json_asan", "@@"]
//
//   [[target]]
//   name = "xml"                # run by somebody else
//   engine = "afl"
//   output = "/srv/afl/xml"
//   replay-command = ["/srv/afl/xml_asan", "@@"]
//
// Pure: text in, values out. Unknown keys are errors, for a misspelt limit would be no limit.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "producers/agent/target_config.h"
#include "schema/result.h"

namespace fuzzmill::producers {

// kInvalid says the file, the line, what is wrong and what may stand there. Names are unique; at least one
// target.
schema::Result<std::vector<TargetConfig>> parse_targets(std::string_view toml, const std::string& file_name);

// The keys of a [[target]] as docs/operating.md lists them.
struct TargetKey {
  std::string_view name;
  std::string_view type;
  std::string_view meaning;
};
const std::vector<TargetKey>& target_keys();

}  // namespace fuzzmill::producers
