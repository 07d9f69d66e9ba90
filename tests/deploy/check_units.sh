#!/bin/bash
# check_units.sh SOURCE FUZZMILL: systemd finds nothing to complain about in our units, and they are hardened.
set -euo pipefail

# Tenths; systemd-analyze security goes from 0 (locked in) to 100. The agent starts fuzzers, which are let out
# more: its unit says what for.
readonly MOST_EXPOSED=20 AGENT_EXPOSED=40

source_folder=$(cd "$1" && pwd)
fuzzmill=$2
command -v systemd-analyze >/dev/null || {
  echo "skipped: no systemd-analyze here (Debian's package systemd)"
  exit 77
}
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

# systemd asks that the program exists: the one just built stands for the installed one.
for unit in "$source_folder"/deploy/systemd/*.service; do
  name=$(basename "$unit")
  sed "s#/usr/bin/fuzzmill\b#$fuzzmill#" "$unit" >"$folder/${name/@./@archive.}"
done

status=0
for unit in "$folder"/*.service; do
  # Warnings leave the exit code 0, so silence is what is demanded.
  said=$(SYSTEMD_UNIT_PATH="$folder:" systemd-analyze verify --man=no "$unit" 2>&1) || status=1
  if [[ $said == *"$folder"* ]]; then
    status=1
    printf '%s\n' "$said"
  fi
  most=$MOST_EXPOSED
  [[ $unit != */fuzzmill-agent.service ]] || most=$AGENT_EXPOSED
  exposure=$(systemd-analyze security --no-pager --offline=true --threshold="$most" "$unit") || {
    status=1
    grep -F '✗' <<<"$exposure" || true
  }
  tail -n 1 <<<"$exposure"
done

systemd-sysusers --dry-run "$source_folder/deploy/systemd/sysusers.conf" || status=1
exit "$status"
