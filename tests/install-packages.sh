#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/install-packages.sh SECTION...: installs what tests/packages.txt lists under these sections and is
# not there yet. Without root it names what is missing and fails.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
wanted=$(for section in "$@"; do sed -n "s/^$section //p" "$here/packages.txt"; done)
missing=
for package in $wanted; do
  case $(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null || true) in
    installed) ;;
    *) missing="$missing $package" ;;
  esac
done
[ -n "$missing" ] || exit 0

if [ "$(id -u)" != 0 ]; then
  echo "missing packages; as root: apt-get install --no-install-recommends$missing" >&2
  exit 1
fi
echo "installing:$missing"
install_missing() {
  apt-get update -q -q && DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -q -y --no-install-recommends -o Dpkg::Use-Pty=0 $missing
}
log=$(mktemp)
trap 'rm -f "$log"' EXIT
install_missing </dev/null >"$log" 2>&1 || { sleep 5; install_missing </dev/null >"$log" 2>&1; } || {
  cat "$log" >&2
  exit 1
}
