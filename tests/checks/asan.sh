#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/checks/asan.sh TEST...: runs a test that was built with the address sanitizer. Stacks of allocations are
# short, since whole ones are most of the time. Leaks that are meant (the tables of quarks that GLib forgets when they
# grow) are told by a whole stack alone: where leaks are all there is, the test is run again with whole stacks.
set -u
options=allocator_may_return_null=1
log=$(mktemp)
trap 'rm -f "$log"' EXIT
ASAN_OPTIONS=fast_unwind_on_malloc=1:$options "$@" >"$log" 2>&1
status=$?
if [ $status != 0 ] && grep -aq '^SUMMARY: .* leaked in ' "$log"; then
  ASAN_OPTIONS=fast_unwind_on_malloc=0:$options "$@" >"$log" 2>&1
  status=$?
fi
cat "$log"
exit $status
