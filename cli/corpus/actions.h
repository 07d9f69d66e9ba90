// The actions of `fuzzmill corpus`, rows of the table of commands; each is defined in the file of its action.
#pragma once

#include "cli/command.h"

namespace fuzzmill::cli {

CommandRow corpus_command();  // tells of the others
CommandRow corpus_list_command();
CommandRow corpus_verify_command();
CommandRow corpus_diff_command();
CommandRow corpus_backup_command();
CommandRow corpus_restore_command();
CommandRow corpus_prune_command();
CommandRow corpus_minimize_command();
CommandRow corpus_reindex_command();
CommandRow corpus_sharing_command();

}  // namespace fuzzmill::cli
