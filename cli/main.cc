#include "cli/program.h"

int main(int argc, char** argv) {
  return static_cast<int>(fuzzmill::cli::run_program({argv + (argc > 0 ? 1 : 0), argv + argc}));
}
