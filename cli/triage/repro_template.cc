// The part of repro.sh that is the same for every bundle. POSIX sh and the tools of any Linux; what may be
// missing (timeout, setarch, sha256sum, gdb, fuzzmill) is asked for first.
#include "cli/triage/repro_script.h"

namespace fuzzmill::cli {
namespace {

constexpr std::string_view kArguments = R"sh(
usage() {
  cat <<'END'
usage: sh repro.sh [--gdb] [TARGET [ARGUMENT...]]

TARGET is a libFuzzer program; or one that takes a file, for which @@ stands among the arguments; or one that
reads its standard input. Without it: what the bundle was made for. --gdb runs it in the debugger.

Environment: INPUT (another input), TRIES (5), TIME_LIMIT (seconds of a try), MEMORY_LIMIT_MB,
SYMBOLIZER (its path), FUZZMILL (the program that compares; none: compare without).

Exit codes: 0 the same bug, 3 another bug, 4 no crash, 5 wrong environment.
END
}
say() { printf 'repro: %s\n' "$*"; }
wrong() {
  printf 'repro: %s\n' "$*" >&2
  exit 5
}

with_gdb=no
case ${1:-} in
  -h | --help) usage; exit 0 ;;
  --gdb) with_gdb=yes; shift ;;
esac
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 5
[ $# -gt 0 ] || [ -z "${TARGET:-}" ] || set -- "$TARGET"
)sh";

constexpr std::string_view kRest =
    R"sh([ $# -gt 0 ] || wrong "which program? sh repro.sh TARGET [ARGUMENT...]"

# --- the environment -------------------------------------------------------------------------------------
target=$1
shift
if [ ! -f "$target" ]; then
  case $target in
    */*) ;;
    *) target=$(command -v -- "$target") || wrong "no such program" ;;
  esac
fi
case $target in /*) ;; *) target=$(pwd)/$target ;; esac
[ -f "$target" ] || wrong "there is no program $target"
[ -x "$target" ] || wrong "$target cannot be run"

input=${INPUT:-$here/input}
case $input in /*) ;; *) input=$(pwd)/$input ;; esac
[ -f "$input" ] && [ -r "$input" ] || wrong "there is no input $input: name one with INPUT=FILE"
if [ -z "${INPUT:-}" ] && [ -n "$want_sha256" ] && command -v sha256sum >/dev/null 2>&1; then
  [ "$(sha256sum <"$input" | cut -c 1-64)" = "$want_sha256" ] || wrong "$input is not the input that was put here"
fi

has() { LC_ALL=C grep -q "$@" "$target"; }
sanitized=no
has -e AddressSanitizer -e MemorySanitizer -e ThreadSanitizer -e UndefinedBehaviorSanitizer -e __ubsan_handle &&
  sanitized=yes
symbolizer=${SYMBOLIZER:-${LLVM_SYMBOLIZER_PATH:-${ASAN_SYMBOLIZER_PATH:-}}}
if [ -n "$symbolizer" ]; then
  [ -x "$symbolizer" ] || wrong "there is no symbolizer $symbolizer"
else
  for name in llvm-symbolizer llvm-symbolizer-21 llvm-symbolizer-20 llvm-symbolizer-19 llvm-symbolizer-18 \
    llvm-symbolizer-17 llvm-symbolizer-16 llvm-symbolizer-15 llvm-symbolizer-14 llvm-symbolizer-13 addr2line; do
    symbolizer=$(command -v "$name") && break
  done
fi
# gcc's runtimes bring their own symbolizer; a report without names is compared without.
if [ -z "$symbolizer" ] && [ "$want_symbols" = yes ] && [ "$sanitized" = yes ] &&
  ! has -e 'lib[aut][sub]*an\.so\.[0-9]'; then
  wrong "no symbolizer: install llvm (llvm-symbolizer) or name one with SYMBOLIZER=FILE"
fi
case $symbolizer in *\"*) wrong "the symbolizer's path holds a quote" ;; esac

tries=${TRIES:-5}
seconds=${TIME_LIMIT:-$want_seconds}
megabytes=${MEMORY_LIMIT_MB:-$want_megabytes}
for number in "$tries" "$seconds" "$megabytes"; do
  case $number in '' | *[!0-9]* | ???????*) wrong "TRIES, TIME_LIMIT and MEMORY_LIMIT_MB are numbers" ;; esac
done
work=$(mktemp -d "${TMPDIR:-/tmp}/repro.XXXXXX") || wrong "cannot make a temporary folder"
trap 'rm -rf "$work"' EXIT
trap 'exit 5' HUP INT TERM
mkdir "$work/cwd" || exit 5
was=$here/report.txt
now=$work/now.txt

# --- how the program is run ------------------------------------------------------------------------------
left=$#
has_place=no
while [ "$left" -gt 0 ]; do
  word=$1
  shift
  left=$((left - 1))
  case $word in *@@*) has_place=yes; word=${word%%@@*}$input${word#*@@} ;; esac
  set -- "$@" "$word"
done
feed=/dev/null
abort=1
if [ "$has_place" = no ]; then
  if has -e 'ERROR: libFuzzer'; then
    abort=0 # it has a handler of its own, which says more
    patience=$want_timeout
    [ "$patience" -gt 0 ] || patience=$((seconds > 10 ? seconds - 5 : seconds))
    set -- "-timeout=$patience" "-rss_limit_mb=$megabytes" "-artifact_prefix=$work/" "$@" "$input"
    [ "$want_malloc_limit" -eq 0 ] || set -- "-malloc_limit_mb=$want_malloc_limit" "$@"
  elif has -e LLVMFuzzerTestOneInput -e HonggfuzzMain; then
    set -- "$@" "$input"
  else
    feed=$input
  fi
fi

leaks=1
options() { # of the sanitizers, exported
  symbolize=1
  [ "$want_symbols" = yes ] || symbolize=0
  common="log_path=stderr:symbolize=$symbolize:print_summary=1:handle_abort=$abort:handle_sigill=1"
  common="$common:hard_rss_limit_mb=$((megabytes + 512)):abort_on_error=0"
  [ -z "$symbolizer" ] || common="$common:external_symbolizer_path=\"$symbolizer\""
  ASAN_OPTIONS="${ASAN_OPTIONS:+$ASAN_OPTIONS:}$common:detect_leaks=$leaks$want_asan_options"
  MSAN_OPTIONS="${MSAN_OPTIONS:+$MSAN_OPTIONS:}$common"
  TSAN_OPTIONS="${TSAN_OPTIONS:+$TSAN_OPTIONS:}$common:halt_on_error=1"
  UBSAN_OPTIONS="${UBSAN_OPTIONS:+$UBSAN_OPTIONS:}$common:print_stacktrace=1:halt_on_error=1"
  LSAN_OPTIONS="${LSAN_OPTIONS:+$LSAN_OPTIONS:}$common"
  RUST_BACKTRACE=1
  export ASAN_OPTIONS MSAN_OPTIONS TSAN_OPTIONS UBSAN_OPTIONS LSAN_OPTIONS RUST_BACKTRACE
}

has_timeout=no
timeout -k 1 5 true 2>/dev/null && has_timeout=yes
limited() { # a command: at most $seconds of it; ends with 124 when it was stopped
  if [ "$has_timeout" = yes ]; then
    timeout -k 5 "$seconds" "$@"
    return
  fi
  "$@" <&0 &
  child=$!
  (
    sleep "$seconds"
    : >"$work/late"
    kill -9 "$child"
  ) >/dev/null 2>&1 &
  watch=$!
  wait "$child"
  ended=$?
  kill "$watch" 2>/dev/null
  [ ! -e "$work/late" ] || ended=124
  rm -f "$work/late"
  return "$ended"
}

steady= # addresses that do not change from run to run
setarch "$(uname -m)" -R true 2>/dev/null && steady="setarch $(uname -m) -R"
run() { # a prefix and the arguments: fills $now and sets $status
  before=$1
  shift
  (
    cd "$work/cwd" || exit 5
    ulimit -c 0
    # A sanitizer reserves far more address space than it uses, and so do these languages' runtimes.
    case $sanitized$want_language in
      no | noc | norust) ulimit -v $((megabytes * 1024)) 2>/dev/null ;;
    esac
    limited $before "$target" "$@" <"$feed"
    echo $? >"$work/status"
  ) 2>&1 >/dev/null | head -c 8388608 >"$now"
  status=$(cat "$work/status" 2>/dev/null) || status=5
}

# --- what came of it -------------------------------------------------------------------------------------
has_report() {
  LC_ALL=C grep -q -E -e '(ERROR|WARNING): [A-Za-z]+Sanitizer|ERROR: libFuzzer: |runtime error: ' \
    -e 'Assertion .* failed|terminate called|libc\+\+abi: terminating|panicked at|^panic: |^fatal error: ' \
    -e 'Traceback \(most recent call last\)|Exception in thread|== Java Exception|hard rss limit exhausted' \
    -e '^\*\*\* .* \*\*\*|Check failed: ' "$now"
}
is_broken() { # the runtime, not the program
  [ "$status" -eq 126 ] || [ "$status" -eq 127 ] ||
    LC_ALL=C grep -q -E -e 'Shadow memory range interleaves|ReserveShadowMemoryRange failed' \
      -e 'unexpected memory mapping|error while loading shared libraries' "$now"
}

# What went wrong, in the report's own words: the first line that tells, without numbers.
face() {
  LC_ALL=C sed -n -e '/runtime error: /{s/.*runtime error: //;p;q;}' \
    -e '/Assertion .* failed/{s/.*Assertion/Assertion/;p;q;}' \
    -e '/terminate called after/{s/.*terminate/terminate/;p;q;}' -e '/libc++abi: terminating/{p;q;}' \
    -e '/panicked at/{s/.*panicked/panicked/;p;q;}' -e '/^panic: /{p;q;}' -e '/^fatal error: /{p;q;}' \
    -e '/ERROR: [A-Za-z]*: /{s/.*ERROR: //;p;q;}' -e '/WARNING: [A-Za-z]*: /{s/.*WARNING: //;p;q;}' "$1" |
    LC_ALL=C sed -e 's/ on address.*//' -e 's/ on unknown.*//' -e 's/ (.*//' -e 's/0x[0-9a-fA-F]*/N/g' \
      -e 's/-\{0,1\}[0-9][0-9]*/N/g' -e 's/[[:space:]]*$//'
}
# The functions of its first stack, one a line.
functions() {
  LC_ALL=C sed -n -e '/^[[:space:]]*#0 /,/^[[:space:]]*$/{/^[[:space:]]*#[0-9]/p;/^[[:space:]]*$/q;}' "$1" |
    LC_ALL=C sed -e 's/^[[:space:]]*#[0-9]*[[:space:]]*//' -e 's/^0x[0-9a-f]* in //' -e 's/^0x[0-9a-f]* *//' \
      -e 's/^(.*\/\([^/ ]*+0x[0-9a-f]*\)).*/\1/' -e 's/(anonymous namespace):://g' -e 's/(.*//' -e 's/[[:space:]].*//'
}
at_site() {
  [ -n "$want_site" ] || return 1
  functions "$1" | head -n "$want_frames" | LC_ALL=C grep -q -F -x -e "$want_site"
}

fuzzmill=${FUZZMILL:-fuzzmill}
by_fuzzmill() { # 0 same, 1 other, 2 it cannot tell
  [ "$fuzzmill" != none ] && command -v "$fuzzmill" >/dev/null 2>&1 || return 2
  cp "$was" "$work/was.txt" || return 2
  (cd "$work" && "$fuzzmill" triage --json was.txt now.txt) >"$work/both.json" 2>/dev/null
  group='s/.*"group":"\([0-9a-f]\{1,\}\)".*/\1/p'
  sed -n "/^{\"path\":\"was.txt\",\"number\":[0-9]*,\"primary\":true/$group" "$work/both.json" >"$work/was.group"
  sed -n -e '/"kind":"unknown"/d' -e "/^{\"path\":\"now.txt\"/$group" "$work/both.json" >"$work/now.groups"
  [ -s "$work/was.group" ] && [ -s "$work/now.groups" ] || return 2
  LC_ALL=C grep -q -F -x -f "$work/was.group" "$work/now.groups"
}
plainly() { # the same, by the words of the report and the function where it crashed
  if [ -z "$(face "$was")$(face "$now")" ] && ! at_site "$was"; then
    [ "$want_signal" -eq 0 ] || [ "$want_signal" -eq $((status - 128)) ]
    return
  fi
  [ "$(face "$was")" = "$(face "$now")" ] || return 1
  at_site "$was" || return 0
  at_site "$now"
}
same_bug() {
  how="it did not end by itself"
  if [ "$status" -eq 124 ] && ! has_report; then
    [ "$want_kind" = timeout ]
    return
  fi
  by_fuzzmill
  case $? in
    0) how="says fuzzmill"; return 0 ;;
    1) how="says fuzzmill"; return 1 ;;
  esac
  how="by its words and the function where it happens; fuzzmill would look closer"
  plainly
}

gdb_run() {
  command -v gdb >/dev/null 2>&1 || return 5
  limited gdb -q -nx -batch -x "$here/repro.gdb" --args "$target" "$@" <"$feed"
}
if [ "$with_gdb" = yes ]; then
  command -v gdb >/dev/null 2>&1 || wrong "there is no gdb"
  gdb_run "$@"
  ended=$?
  case $ended in 0 | 3 | 4) exit "$ended" ;; esac
  wrong "gdb could not run it (exit code $ended): see above; in a container it needs SYS_PTRACE"
fi

# --- tries -----------------------------------------------------------------------------------------------
options
how=
crashed=0
try=1
while [ "$try" -le "$tries" ]; do
  prefix=
  [ $((try % 2)) -eq 0 ] || prefix=$steady
  run "$prefix" "$@"
  if grep -q 'LeakSanitizer has encountered a fatal error' "$now"; then
    [ "$want_leaks" = no ] || wrong "leaks cannot be looked for here: the container needs SYS_PTRACE"
    [ "$leaks" = 1 ] || wrong "the sanitizer fails here"
    leaks=0
    options
    continue
  fi
  if is_broken && [ "$try" -eq "$tries" ] && [ "$crashed" -eq 0 ]; then
    LC_ALL=C tr -c '[:print:]\n' '?' <"$now" | head -n 20 >&2
    wrong "$target does not run here (exit code $status)"
  fi
  if ! is_broken && { has_report && [ "$status" -ne 0 ] || [ "$status" -eq 124 ] ||
    { [ "$status" -gt 128 ] && [ "$status" -ne 141 ]; }; }; then
    crashed=$((crashed + 1))
    # A signal alone says little: the debugger knows where it happened.
    has_report || [ "$status" -eq 124 ] || gdb_run "$@" >>"$now" 2>/dev/null
    cp "$now" "$work/crash.txt"
    if same_bug; then
      LC_ALL=C tr -c '[:print:]\n' '?' <"$now" | head -n 60
      say "the same bug, in try $try of $tries ($how)"
      exit 0
    fi
  fi
  try=$((try + 1))
done
if [ "$crashed" -gt 0 ]; then
  LC_ALL=C tr -c '[:print:]\n' '?' <"$work/crash.txt" | head -n 60
  say "another bug: $crashed of $tries tries crashed, none like this one ($how)"
  exit 3
fi
say "no crash in $tries tries"
exit 4
)sh";

}  // namespace

std::string_view repro_sh_arguments() { return kArguments; }
std::string_view repro_sh_rest() { return kRest; }

}  // namespace fuzzmill::cli
