#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/checks/installed.sh DESTDIR: everything that users rely on was installed, and works from there: pkg-config and a
# compiler, introspection, the element, the command.
set -eu
root=$(cd "$1" && pwd)
cd "$(dirname "$0")/../.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
prefix=$(dirname "$(dirname "$(find "$root" -path '*/bin/latent')")")
lib=$(dirname "$(find "$prefix" -name liblatent-1.0.so)")

for file in bin/latent include/latent/latent.h include/latent/gst.h share/gir-1.0/Latent-1.0.gir \
  share/gir-1.0/LatentGst-1.0.gir share/man/man1/latent.1 share/bash-completion/completions/latent; do
  [ -e "$prefix/$file" ] || { echo "not installed: $file"; exit 1; }
done
for file in liblatent-1.0.so liblatent-train-1.0.so liblatent-gst-1.0.so pkgconfig/latent-1.0.pc \
  pkgconfig/latent-train-1.0.pc pkgconfig/latent-gst-1.0.pc gstreamer-1.0/libgstlatent.so \
  girepository-1.0/Latent-1.0.typelib girepository-1.0/LatentGst-1.0.typelib; do
  [ -e "$lib/$file" ] || { echo "not installed: $file"; exit 1; }
done

export PKG_CONFIG_PATH="$lib/pkgconfig" PKG_CONFIG_SYSROOT_DIR= LD_LIBRARY_PATH="$lib" PATH="$prefix/bin:$PATH"
export GI_TYPELIB_PATH="$lib/girepository-1.0" GST_PLUGIN_PATH="$lib/gstreamer-1.0" GST_REGISTRY="$tmp/registry.bin"
for package in latent-1.0 latent-train-1.0 latent-gst-1.0; do
  # shellcheck disable=SC2046
  echo 'int main (void) { return 0; }' | gcc -x c -o "$tmp/a.out" - \
    $(pkg-config --define-variable=prefix="$prefix" --cflags --libs "$package")
done
# shellcheck disable=SC2046
gcc -o "$tmp/encode-picture" examples/encode-picture.c \
  $(pkg-config --define-variable=prefix="$prefix" --cflags --libs latent-1.0)
"$tmp/encode-picture" 2>/dev/null || [ $? = 2 ]

/usr/bin/python3 - <<'P'
import gi
gi.require_version("Latent", "1.0")
gi.require_version("LatentGst", "1.0")
from gi.repository import GLib, Latent, LatentGst
try:
    Latent.Model.load("/nonexistent.onnx")
except GLib.Error as error:
    assert error.matches(Latent.Error.quark() if hasattr(Latent.Error, "quark") else Latent.error_quark(),
                         Latent.Error.NOT_FOUND), error
P
gst-inspect-1.0 autoencoder >/dev/null
latent --help >/dev/null
echo "$(find "$root" -type f | wc -l) files"
