#!/bin/bash
# The whole of fuzzmill on real crashes, for people to watch and for scripts to judge.
#
# usage: demo.sh BUILD [DATA]     BUILD holds fuzzmill and fuzz-targets/; DATA is kept, a temporary folder is not
#
# Starts `fuzzmill up`, fuzzes the planted bugs under `fuzzmill run` as three nodes until WANTED different
# bugs are found or FUZZ_SECONDS are over, and exits 0 only if each group of crashes is in Redis, archived on
# disk and alerted.
set -euo pipefail
shopt -s inherit_errexit

readonly NODES=(singapore nyc london)
readonly WANTED=${FUZZMILL_DEMO_WANTED:-6}    # different planted bugs, then we stop
readonly FUZZ_SECONDS=60                      # or after this long
readonly SLICE_SECONDS=8                      # of one target on one node, before the next has its turn
readonly START_SECONDS=60 SETTLE_SECONDS=60   # bounds of waiting for `up`, and for the stages at the end
readonly FUZZERS_PER_CORE=2

here=$(cd "$(dirname "$0")" && pwd)
readonly here bugs=$here/../../fuzz-harness/targets/planted/bugs.tsv

build=$(cd "${1:?usage: demo.sh BUILD [DATA]}" && pwd)
fuzzmill=$build/fuzzmill
data=${2:-}
keep_data=$data
[[ -n $data ]] || data=$(mktemp -d "${TMPDIR:-/tmp}/fuzzmill-demo.XXXXXX")
mkdir -p "$data/demo"
data=$(cd "$data" && pwd)

up_pid=
declare -A fuzzers=()   # pid of a `fuzzmill run` -> the second its slice ends
declare -A turn_of=()   # the same pid -> "NODE TARGET"
declare -a turns=()     # what is still to run: "NODE TARGET FLAGS..."

say() { printf '\033[1m== %s\033[0m\n' "$*"; }

die() {
  printf 'demo: %s\n' "$*" >&2
  exit 1
}

# stop PID SECONDS: asks politely, insists when the time is over, and reaps.
stop() {
  local pid=$1 deadline=$((SECONDS + $2))
  kill -TERM "$pid" 2>/dev/null || true
  while kill -0 "$pid" 2>/dev/null && ((SECONDS < deadline)); do sleep 0.1; done
  kill -KILL "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
}

stop_fuzzers() {
  local pid
  for pid in "${!fuzzers[@]}"; do kill -TERM "$pid" 2>/dev/null || true; done
  for pid in "${!fuzzers[@]}"; do
    stop "$pid" 15
    unset "fuzzers[$pid]"
  done
}

clean_up() {
  local status=$?
  trap - EXIT INT TERM
  stop_fuzzers
  [[ -z $up_pid ]] || stop "$up_pid" 30
  if [[ $status -ne 0 ]]; then
    printf 'demo: failed; the end of each log under %s/demo:\n' "$data" >&2
    tail -n 15 "$data"/demo/*.log >&2 || true
  elif [[ -z $keep_data ]]; then
    rm -rf "$data"
  fi
  exit "$status"
}

start_up() {
  "$fuzzmill" up --data "$data" --ready-fd 3 3>"$data/demo/ready" </dev/null >"$data/demo/up.log" 2>&1 &
  up_pid=$!
  local deadline=$((SECONDS + START_SECONDS))
  until grep -qsx READY "$data/demo/ready"; do
    kill -0 "$up_pid" 2>/dev/null || die "'fuzzmill up' ended before it was ready"
    ((SECONDS < deadline)) || die "'fuzzmill up' was not ready within $START_SECONDS s"
    sleep 0.1
  done
}

# Each target takes its turn on each node. Three targets at a time change nodes soon after one another, so that
# the same bug comes from two nodes and makes one group; the third node has its turn at the end.
plan_turns() {
  local -a lines third=()
  local first index shift_by count=${#NODES[@]} target flags
  mapfile -t lines < <(grep -v '^#' "$bugs")
  for ((first = 0; first < ${#lines[@]}; first += count)); do
    for shift_by in 0 1 2; do
      for ((index = first; index < first + count && index < ${#lines[@]}; index++)); do
        IFS=$'\t' read -r target _ _ _ _ _ flags <<<"${lines[index]}"
        [[ $flags != - ]] || flags=
        if ((shift_by < 2)); then
          turns+=("${NODES[(index + shift_by) % count]} $target $flags")
        else
          third+=("${NODES[(index + shift_by) % count]} $target $flags")
        fi
      done
    done
  done
  turns+=("${third[@]}")
}

start_fuzzer() {
  local node target flags work
  read -r node target flags <<<"$1"
  work=$data/demo/$node/$target
  mkdir -p "$work"
  # shellcheck disable=SC2086  # flags is a list of words
  (cd "$work" && exec "$fuzzmill" run --data "$data" --node "$node" --target "$target" -- \
    "$build/fuzz-targets/$target" $flags) </dev/null >>"$data/demo/run-$node-$target.log" 2>&1 &
  fuzzers[$!]=$((SECONDS + SLICE_SECONDS))
  turn_of[$!]="$node $target"
}

# Ends the slices that are over, or whose bug is known from that node, and starts as many new ones as the
# machine may bear. $1: the lines "NODE TARGET" of what was found.
rotate_fuzzers() {
  local found=$1 pid room=$(($(nproc) * FUZZERS_PER_CORE))
  for pid in "${!fuzzers[@]}"; do
    if ((SECONDS >= fuzzers[$pid])) || grep -qxF "${turn_of[$pid]}" <<<"$found" || ! kill -0 "$pid" 2>/dev/null; then
      stop "$pid" 15
      unset "fuzzers[$pid]"
    fi
  done
  while ((${#fuzzers[@]} < room && ${#turns[@]} > 0)); do
    start_fuzzer "${turns[0]}"
    turns=("${turns[@]:1}")
  done
}

judge() { "$fuzzmill" crashes list --data "$data" --limit 1000 --json | python3 -B "$here/judge_demo.py" "$@" "$bugs" "$data"; }

fuzz() {
  local found='' bugs_found=0 before=-1 start=$SECONDS
  while ((SECONDS < start + FUZZ_SECONDS)) && ((bugs_found < WANTED)); do
    rotate_fuzzers "$found"
    found=$(judge --found)
    bugs_found=$(awk 'NF && !seen[$2]++ { n++ } END { print n + 0 }' <<<"$found")
    if ((bugs_found != before)); then
      printf '   %2d s: %d of %d planted bugs\n' $((SECONDS - start)) "$bugs_found" "$WANTED"
      before=$bugs_found
    fi
    sleep 0.5
  done
}

# Waits until nothing that the judge demands is missing; its last words are the verdict.
settle() {
  local deadline=$((SECONDS + SETTLE_SECONDS)) status=1
  while ((SECONDS < deadline)); do
    judge --wanted "$WANTED" >"$data/demo/verdict.log" 2>&1 && status=0 && break
    sleep 0.5
  done
  return "$status"
}

main() {
  [[ -x $fuzzmill ]] || die "no $fuzzmill: run ./dev demo, which builds it"
  trap clean_up EXIT
  trap 'exit 130' INT TERM
  plan_turns
  say "fuzzmill up, with its own Redis, broker and workers"
  start_up
  say "fuzzing planted bugs as ${NODES[*]}, until $WANTED are found or $FUZZ_SECONDS s are over"
  fuzz
  say "stopping the fuzzers; the stages finish what is queued"
  stop_fuzzers
  local status=0
  settle || status=1
  "$fuzzmill" crashes list --data "$data" --limit 1000
  cat "$data/demo/verdict.log"
  return "$status"
}

main
