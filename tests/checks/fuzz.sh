#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/checks/fuzz.sh BUILD [SECONDS]: every fuzzer of a build made with -Dfuzzers=true, from its committed corpus,
# which stays as it is. What crashes one is printed in base64.
set -eu
build=$1
seconds=${2:-30}
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
export ASAN_OPTIONS=fast_unwind_on_malloc=0:allocator_may_return_null=1:detect_leaks=1
export LSAN_OPTIONS=suppressions=$PWD/tests/checks/lsan.supp:print_suppressions=0
found=0
for fuzzer in "$build"/tests/fuzz/fuzz-*; do
  [ -f "$fuzzer" ] && [ -x "$fuzzer" ] || continue
  found=$((found + 1))
  name=${fuzzer##*/}
  mkdir "$tmp/$name"
  "$fuzzer" -max_total_time="$seconds" -timeout=20 -rss_limit_mb=1024 -print_final_stats=1 \
    -artifact_prefix="$tmp/" "$tmp/$name" "tests/fuzz/corpus/$name" >"$tmp/$name.log" 2>&1 || {
    tail -n 60 "$tmp/$name.log"
    for input in "$tmp"/crash-* "$tmp"/timeout-* "$tmp"/oom-* "$tmp"/leak-*; do
      [ -f "$input" ] && echo "$name: ${input##*/} in base64:" && base64 "$input" | head -n 200
    done
    exit 1
  }
  echo "$name: $(sed -n 's/^stat::number_of_executed_units: *//p' "$tmp/$name.log") inputs"
done
[ $found != 0 ] || { echo "no fuzzers in $build"; exit 1; }
