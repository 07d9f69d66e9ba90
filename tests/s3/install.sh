#!/bin/bash
# install.sh FOLDER: fetches the S3 server of our tests into FOLDER, once. Where there is no npm, or no network,
# it says so and succeeds: the tests say that they are skipped.
set -euo pipefail

readonly PACKAGES=(s3rver@3.7.1 aws4@1.13.2) # the server; an implementation of the signature that is not ours
folder=$1

if [[ -f $folder/complete && $(<"$folder/complete") == "${PACKAGES[*]}" ]]; then
  exit 0
fi
if ! command -v npm >/dev/null || ! command -v node >/dev/null; then
  echo "no node and npm here: the tests against an S3 server will be skipped"
  exit 0
fi
rm -rf "$folder"
mkdir -p "$folder"
cd "$folder"
echo '{ "private": true }' >package.json
if npm install --no-audit --no-fund --no-package-lock --no-update-notifier --loglevel=error "${PACKAGES[@]}"; then
  echo "${PACKAGES[*]}" >complete
else
  echo "npm could not fetch ${PACKAGES[*]}: the tests against an S3 server will be skipped"
fi
