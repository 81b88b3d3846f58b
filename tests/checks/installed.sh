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
  share/gir-1.0/LatentGst-1.0.gir share/man/man1/latent.1 share/bash-completion/completions/latent \
  share/latent/recipes/mnist-2d.ini share/latent/data/t10k-images-idx3-ubyte.gz \
  share/latent/models/speech.onnx share/latent/models/video.onnx share/latent/models/video-int8.onnx; do
  [ -e "$prefix/$file" ] || { echo "not installed: $file"; exit 1; }
done
for file in liblatent-1.0.so liblatent-train-1.0.so liblatent-gst-1.0.so pkgconfig/latent-1.0.pc \
  pkgconfig/latent-train-1.0.pc pkgconfig/latent-gst-1.0.pc gstreamer-1.0/libgstlatent.so \
  gstreamer-1.0/libgstlatenttrain.so \
  girepository-1.0/Latent-1.0.typelib girepository-1.0/LatentGst-1.0.typelib; do
  [ -e "$lib/$file" ] || { echo "not installed: $file"; exit 1; }
done

# What DESTDIR moved: the files say the prefix that they are meant for.
mkdir "$tmp/pkgconfig"
for file in "$lib"/pkgconfig/latent*.pc; do
  sed "s,^prefix=.*,prefix=$prefix," "$file" >"$tmp/pkgconfig/${file##*/}"
done
export PKG_CONFIG_PATH="$tmp/pkgconfig" LD_LIBRARY_PATH="$lib" PATH="$prefix/bin:$PATH"
export GI_TYPELIB_PATH="$lib/girepository-1.0" GST_PLUGIN_PATH="$lib/gstreamer-1.0" GST_REGISTRY="$tmp/registry.bin"

# build EXAMPLE PACKAGE...
build() {
  example=$1
  shift
  # shellcheck disable=SC2046
  gcc -o "$tmp/$example" "examples/$example.c" $(pkg-config --cflags --libs "$@")
  "$tmp/$example" 2>/dev/null || [ $? = 2 ]
}
build encode-picture latent-1.0
build nearest latent-gst-1.0 gstreamer-app-1.0
pkg-config --cflags --libs latent-train-1.0 >/dev/null

/usr/bin/python3 - <<'P'
import gi
gi.require_version("Latent", "1.0")
gi.require_version("LatentGst", "1.0")
from gi.repository import GLib, Latent, LatentGst
try:
    Latent.Model.load("/nonexistent.onnx")
except GLib.Error as error:
    assert error.matches(Latent.error_quark(), Latent.Error.NOT_FOUND), error
P
gst-inspect-1.0 autoencoder >/dev/null
gst-inspect-1.0 latenttrain >/dev/null
latent --help >/dev/null
echo "$(find "$root" -type f | wc -l) files"
