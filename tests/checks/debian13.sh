#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/checks/debian13.sh: builds and tests in a Debian 13 made in a temporary folder (root only): oneDNN 3.x and
# GStreamer 1.26. Mounts live in a namespace of their own and are gone with it, whatever happens.
set -eu
cd "$(dirname "$0")/../.."
[ "$(id -u)" = 0 ] || { echo "needs root"; exit 1; }
if [ "${1:-}" != --inside ]; then
  root=$(mktemp -d)
  trap 'rm -rf --one-file-system "$root"' EXIT
  trap 'exit 1' INT TERM HUP
  if unshare --mount true 2>/dev/null; then
    unshare --mount --fork --propagation private --kill-child "$0" --inside "$root"
  else
    "$0" --inside "$root" # a container that may not mount: debootstrap makes the devices that are needed
  fi
  exit
fi

root=$2
export DPKG_FORCE=unsafe-io # nothing of this outlives the run: do not wait for the disk
bootstrap() { debootstrap --variant=minbase trixie "$root" >"$root.log" 2>&1; }
bootstrap || { rm -rf --one-file-system "$root"; mkdir "$root"; bootstrap; } || { cat "$root.log"; exit 1; }
rm -f "$root.log"
mount -t proc proc "$root/proc" 2>/dev/null || true
mkdir "$root/src"
tar --exclude=./.git --exclude='./build*' -c . | tar -x -C "$root/src"
unset TMPDIR XDG_CACHE_HOME GST_REGISTRY CC
export PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8 HOME=/root BUILD=/build SETUP='--werror -Ddebug=false'
chroot "$root" /src/tests/run.sh
