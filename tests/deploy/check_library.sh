#!/bin/bash
# check_library.sh BUILD SOURCE: what `cmake --install` puts down is enough to build and run examples/.
#
# They are built out of tree, by the host's compiler and by clang where it is, against an installation in a
# temporary folder; their crashes must become groups in the Redis of a real `fuzzmill up`.
set -euo pipefail
shopt -s inherit_errexit

readonly build=$1 source=$2
readonly fuzzmill=$build/fuzzmill
readonly WAIT_SECONDS=60

work=$(mktemp -d "${TMPDIR:-/tmp}/fuzzmill-library.XXXXXX")
up_pid=

clean_up() {
  local status=$?
  trap - EXIT INT TERM
  if [[ -n $up_pid ]]; then
    kill -TERM "$up_pid" 2>/dev/null || true
    wait "$up_pid" 2>/dev/null || true
  fi
  if [[ $status -ne 0 && $status -ne 77 ]]; then tail -n 20 "$work"/*.log >&2 || true; fi
  rm -rf "$work"
  exit "$status"
}
trap clean_up EXIT INT TERM

say() { printf -- '-- %s\n' "$*"; }
die() {
  printf 'check_library: %s\n' "$*" >&2
  exit 1
}

# build_example NAME FOLDER [CMAKE OPTION...]
build_example() {
  local name=$1 folder=$2
  shift 2
  say "build $folder as $name"
  {
    cmake -S "$source/examples/$folder" -B "$work/$name" -DCMAKE_PREFIX_PATH="$work/prefix" \
      -DCMAKE_BUILD_TYPE=Release "$@"
    cmake --build "$work/$name"
  } >"$work/$name.log" 2>&1 || die "examples/$folder does not build against the installation"
}

start_up() {
  say "fuzzmill up"
  "$fuzzmill" up --data "$work/data" --no-dashboard --ready-fd 3 3>"$work/ready" </dev/null >"$work/up.log" 2>&1 &
  up_pid=$!
  local deadline=$((SECONDS + WAIT_SECONDS))
  until grep -qsx READY "$work/ready"; do
    kill -0 "$up_pid" 2>/dev/null || die "'fuzzmill up' ended before it was ready"
    ((SECONDS < deadline)) || die "'fuzzmill up' was not ready within $WAIT_SECONDS s"
    sleep 0.1
  done
  endpoint=$(head -n 1 "$work/data/run/broker.endpoint")
}

# hooked TARGET COMMAND...: with the environment that examples/libfuzzer_hook reads.
hooked() {
  local target=$1
  shift
  env FUZZMILL_PRODUCER_ENDPOINT="$endpoint" FUZZMILL_PRODUCER_KEYS="$work/data/keys" \
    FUZZMILL_PRODUCER_KEY=local FUZZMILL_PRODUCER_NODE=nyc FUZZMILL_PRODUCER_TARGET="$target" \
    FUZZMILL_PRODUCER_SPOOL="$work/spool/$target.spool" "$@" >"$work/$target.log" 2>&1
}

# Waits until the groups are, as "TARGET KIND COUNT", what the lines of stdin say.
await_groups() {
  local wanted groups deadline=$((SECONDS + WAIT_SECONDS))
  wanted=$(sort)
  while true; do
    groups=$("$fuzzmill" crashes list --json --data "$work/data" | python3 -c '
import json, sys
for group in json.load(sys.stdin)["groups"]:
    for target, count in group["targets"].items():
        print(target, group["kind"], count)' | sort)
    [[ $groups != "$wanted" ]] || return 0
    ((SECONDS < deadline)) || die "the groups are not '$wanted' but '$groups'"
    sleep 0.1
  done
}

say "cmake --install"
cmake --install "$build" --prefix "$work/prefix" --component library >"$work/install.log"
! grep -rnE '#\s*include\s*"|zmq|sqlite|fmt/' "$work/prefix/include" || die "the installed headers need more than themselves"

for compiler in "c++ -x c++ -std=c++17" "cc -x c -std=c99"; do
  header=producer.h
  [[ $compiler == c++* ]] || header=producer_c.h
  # shellcheck disable=SC2086  # words of a command
  $compiler -Wall -Wextra -Wpedantic -Werror -fsyntax-only -I "$work/prefix/include" - \
    <<<"#include <fuzzmill/$header>" || die "$header does not compile as $compiler"
done

printf 'T\x09ab' >"$work/crasher"
expected=()
build_example host libfuzzer_hook
build_example c publish_c
if command -v clang++ >/dev/null; then build_example clang libfuzzer_hook -DCMAKE_CXX_COMPILER=clang++; fi
start_up

say "a program of the host's compiler publishes its own crash"
hooked host "$work/host/fuzz_tags" "$work/crasher" && die "the planted bug did not crash host"
expected+=("host heap-buffer-overflow 1")
hooked host "$work/host/fuzz_tags" "$work/crasher" && die "the planted bug did not crash host again"

say "a C program publishes what another one wrote, once"
"$work/c/publish_crash" "$endpoint" "$work/data/keys" local nyc c "$work/spool/c.spool" "$work/crasher" "$work/host.log" \
  >"$work/c-run.log" 2>&1 || die "publish_crash failed"
grep -qx published "$work/c-run.log" || die "publish_crash did not publish"
"$work/c/publish_crash" "$endpoint" "$work/data/keys" local nyc c "$work/spool/c.spool" "$work/crasher" "$work/host.log" \
  >"$work/c-run.log" 2>&1 || die "publish_crash failed"
grep -qx 'published before' "$work/c-run.log" || die "publish_crash published twice"
expected+=("c heap-buffer-overflow 1")

if [[ -x $work/clang/fuzz_tags ]]; then
  say "a libFuzzer target finds and publishes, and libFuzzer still writes the artifact"
  mkdir "$work/artifacts"
  hooked clang "$work/clang/fuzz_tags" -seed=1 -runs=2000000 -max_len=16 -artifact_prefix="$work/artifacts/" &&
    die "libFuzzer did not find the planted bug"
  ls "$work"/artifacts/crash-* >/dev/null || die "libFuzzer wrote no artifact: its death callback was lost"
  expected+=("clang heap-buffer-overflow 1")
fi

printf '%s\n' "${expected[@]}" | await_groups
say "done"
