#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/test-examples.sh FOLDER: the example programs, on a clip whose second half repeats its first.
set -eu
programs=$1
examples=$LATENT_SRCDIR/examples
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
cd "$tmp"
fail() { echo "$*"; exit 1; }

# Six pictures, numbered by their brightness, written twice: frame 6 + i is frame i again.
for i in 0 1 2 3 4 5 6 7 8 9 10 11; do
  gst-launch-1.0 -q videotestsrc num-buffers=1 pattern=solid-color foreground-color=$((0xff000000 + i % 6 * 0x202020)) \
    ! video/x-raw,format=RGB,width=32,height=16 ! pngenc ! filesink location="$(printf 'frame%02d.png' "$i")"
done
gst-launch-1.0 -q multifilesrc location=frame%02d.png stop-index=11 caps=image/png,framerate=10/1 ! pngdec ! videoconvert \
  ! video/x-raw,format=BGR ! avimux ! filesink location=clip.avi
latent pca clip.avi -k 3 -o model.onnx --tile 8x8 --format RGB

"$programs/nearest" model.onnx clip.avi >c.txt
grep -q 'frame 11: frame 5, distance 0$' c.txt || fail "nearest: $(cat c.txt)"
[ "$(wc -l <c.txt)" = 11 ] || fail "nearest: not one line for each frame after the first"
"$programs/nearest" absent.onnx clip.avi 2>err.txt && fail "nearest took a model that is not there"
grep -q absent.onnx err.txt || fail "nearest: $(cat err.txt)"

if [ -n "${LATENT_HAVE_TYPELIB:-}" ]; then
  /usr/bin/python3 "$examples/nearest.py" model.onnx clip.avi >py.txt
  sed 's/.*frame \([0-9]*\): frame \([0-9]*\),.*/\1 \2/' c.txt >c.pairs
  sed 's/.*frame \([0-9]*\): frame \([0-9]*\),.*/\1 \2/' py.txt >py.pairs
  cmp c.pairs py.pairs || fail "nearest.py: $(cat py.txt)"
fi

{ printf 'P6\n16 8\n255\n'; head -c 384 /dev/zero; } >black.ppm
"$programs/encode-picture" model.onnx black.ppm >latent.txt
[ "$(wc -w <latent.txt)" = 6 ] || fail "encode-picture: not 2 tiles of 3 numbers: $(cat latent.txt)"
"$programs/encode-picture" model.onnx frame00.png 2>err.txt && fail "encode-picture took a PNG file"
grep -q frame00.png err.txt || fail "encode-picture: $(cat err.txt)"
