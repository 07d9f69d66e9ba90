// The rows of the table of commands; each is defined in the file of its command.
#pragma once

#include "cli/command.h"

namespace fuzzmill::cli {

CommandRow up_command();
CommandRow run_command();
CommandRow agent_command();
CommandRow crashes_command();
CommandRow triage_command();
CommandRow analyze_command();
CommandRow nodes_command();
CommandRow queue_command();
CommandRow health_command();
CommandRow doctor_command();
CommandRow keys_command();
CommandRow broker_command();
CommandRow worker_command();
CommandRow dashboard_command();
CommandRow help_command();
CommandRow version_command();

}  // namespace fuzzmill::cli
