#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/checks/tidy.sh BUILD: clang-tidy, as .clang-tidy says, over a build folder made with clang.
set -eu
build=$1
cd "$(dirname "$0")/../.."
run-clang-tidy -quiet -p "$build" "$PWD/(src|plugin|examples)/" >"$build/tidy.log" 2>&1 && exit 0
grep -E '(warning|error):' "$build/tidy.log" || cat "$build/tidy.log"
exit 1
