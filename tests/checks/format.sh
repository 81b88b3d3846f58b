#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# Names the files that clang-format 14 would change (other versions format differently).
set -eu
cd "$(dirname "$0")/../.."
failed=$(find include src plugin examples tests -name '*.[ch]' \
  -exec clang-format-14 --dry-run {} + 2>&1 | sed -n 's/:.*-Wclang-format-violations.*//p' | sort | uniq -c)
[ -z "$failed" ] || { echo "places to format, by file; clang-format-14 -i does it:"; echo "$failed"; exit 1; }
