#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/checks/asan.sh TEST...: runs a test that was built with the address sanitizer. Stacks of allocations are
# short, since whole ones are most of the time. The one leak that only a whole stack tells from ours is the table of
# quarks, which GLib forgets when it grows: where that much is all there is, the test is run again with whole stacks.
set -u
options=allocator_may_return_null=1
quarks='SUMMARY: AddressSanitizer: 16384 byte(s) leaked in 1 allocation(s).'
log=$(mktemp)
trap 'rm -f "$log"' EXIT
ASAN_OPTIONS=fast_unwind_on_malloc=1:$options "$@" >"$log" 2>&1
status=$?
if [ $status != 0 ] && [ "$(grep -a '^SUMMARY: ' "$log" | sort -u)" = "$quarks" ]; then
  ASAN_OPTIONS=fast_unwind_on_malloc=0:$options "$@" >"$log" 2>&1
  status=$?
fi
cat "$log"
exit $status
