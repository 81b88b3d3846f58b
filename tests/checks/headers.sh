#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/checks/headers.sh BUILD: every public header compiles alone, as C11 and as C++17; every private one as C.
set -eu
build=$(cd "$1" && pwd)
cd "$(dirname "$0")/../.."
flags="-Wall -Wextra -Werror -Iinclude $(pkg-config --cflags \
  gstreamer-1.0 gstreamer-video-1.0 gstreamer-audio-1.0 json-glib-1.0 cairo)"
compile() { echo "#include \"$1\"" | $2 $flags -fsyntax-only -; }
n=0
for header in include/latent/*.h; do
  compile "${header#include/}" 'gcc -std=c11 -x c'
  compile "${header#include/}" 'g++ -std=c++17 -x c++'
  n=$((n + 1))
done
for header in $(find src plugin -name '*.h'); do
  compile "$header" "gcc -std=gnu11 -I. -I$build/src/onnx -x c"
done
echo "$n public headers"
