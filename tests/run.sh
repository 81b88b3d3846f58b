#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/run.sh [TEST...]: builds, and runs the tests, all or those named; installs the packages that this needs
# when root. BUILD names the build folder (default: build); SETUP gives it options when it is made.
set -eu
cd "$(dirname "$0")/.."
build=${BUILD:-build}
tests/install-packages.sh build media test
[ -f "$build/build.ninja" ] || meson setup "$build" ${SETUP:-}
meson compile -C "$build"
status=0
meson test -C "$build" --no-rebuild --print-errorlogs "$@" || status=$?
python3 tests/summary.py "$build/meson-logs/testlog.json"
exit $status
