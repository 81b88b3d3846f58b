#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""tests/summary.py [--total] testlog.json...: the closing counts of every suite, as GstCheck prints them, then the total.

A test program that is no GstCheck suite, or that died before it could count, counts as one check."""
import fileinput
import json
import re
import sys

closing = re.compile(r"^\d+%: Checks: (\d+), Failures: (\d+), Errors: (\d+)", re.M)
verbose = sys.argv[1] != "--total"
passed = failed = skipped = 0
for line in fileinput.input(sys.argv[1 if verbose else 2 :]):
    test = json.loads(line)
    counts = [(m.group(0), *map(int, m.groups())) for m in closing.finditer(test.get("stdout") or "")]
    if test["result"] == "SKIP":
        skipped += 1
    elif test["result"] in ("OK", "EXPECTEDFAIL"):
        passed += sum(n for _, n, _, _ in counts) or 1
    else:
        bad = sum(f + e for _, _, f, e in counts) or 1
        failed += bad
        passed += max(0, sum(n for _, n, _, _ in counts) - bad)
    if verbose:
        print(f"{test['name']}: {test['result']} in {test['duration']:.1f} s")
        for text, *_ in counts:
            print(text)
if skipped:
    print(f"{skipped} test programs skipped")
print(f"{passed} passed, {failed} failed")
