#!/bin/bash
# Brings the generated parts of docs/ up to date with the code.
#
# usage: tests/docs/regenerate.sh [BUILD]     BUILD (build/release) holds the programs fuzzmill and fuzzmill-docs
set -euo pipefail

here=$(cd "$(dirname "$0")" && pwd)
readonly here root=$here/../..
build=$(cd "${1:-$root/build/release}" && pwd)
cmake --build "$build" --target fuzzmill-docs fuzzmill
exec python3 -B "$here/check_generated.py" "$(cd "$root" && pwd)" "$build/fuzzmill-docs" "$build/fuzzmill" --write
