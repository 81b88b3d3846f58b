#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/checks/symbols.sh BUILD: what the libraries of a build export as public is what src/latent.map.in lists and
# what the public headers declare; the plugin exports its entry points alone.
set -eu
build=$1
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

exported() { nm -D --defined-only "$@" | sed -nE 's/^[0-9a-f]+ [TDBR] //p'; }
sed -nE '/^LATENT_1.0/,/^}/s/^ +(latent_[a-z0-9_]+);/\1/p' src/latent.map.in | sort >"$tmp/listed"
sed -E 's/ASSERT.*//' include/latent/*.h | tr '\n' ' ' | sed 's/LATENT_API/\n/g' |
  sed -nE '2,$s/^[^(;]*[ *](latent_[a-z0-9_]+) \(.*/\1/p' | sort -u >"$tmp/declared"
exported "$build"/src/liblatent-*1.0.so | sed -n 's/@@LATENT_1.0$//p' | sort >"$tmp/exported"

failed=0
compare() {
  diff "$tmp/$1" "$tmp/$2" >"$tmp/diff" && return
  echo "$1 (<) against $2 (>):"
  grep '^[<>]' "$tmp/diff"
  failed=1
}
compare declared listed
compare listed exported
strays=$(exported "$build"/src/liblatent-*1.0.so | grep -v '@' || true)
strays=$strays$(exported "$build"/plugin/libgst*.so | grep -vE '^gst_plugin_[a-z]+_(get_desc|register)$' || true)
[ -z "$strays" ] || { echo "exported without a version: $strays"; failed=1; }
[ $failed != 0 ] || echo "$(wc -l <"$tmp/exported") public symbols"
exit $failed
