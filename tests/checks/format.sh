#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Names the files that clang-format 14 would change (other versions format differently).
set -eu
cd "$(dirname "$0")/../.."
tmp=$(mktemp)
trap 'rm -f "$tmp"' EXIT
find include src plugin examples tests -name '*.[ch]' -exec clang-format-14 --dry-run {} + >"$tmp" 2>&1 || {
  tail -n 30 "$tmp"
  exit 1
}
failed=$(sed -n 's/:.*-Wclang-format-violations.*//p' "$tmp" | sort | uniq -c)
[ -z "$failed" ] || {
  echo "places to format, by file; clang-format-14 -i does it:"
  echo "$failed"
  exit 1
}
