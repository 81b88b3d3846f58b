#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# examples/quickstart.sh [FOLDER]: learns an autoencoder from a clip, sends the clip through it with gst-launch-1.0, and
# says how well it came out. Leaves clip.avi, camera.onnx and reconstruction.png in FOLDER (default: demo). Installs
# packages and builds first, packages only when root. Environment: BUILD, the build folder (default: build); CLIP, a
# clip of your own.
set -eu
cd "$(dirname "$0")/.."
top=$PWD
build=${BUILD:-build}
demo=${1:-demo}
k=24
start=$(date +%s)

step() { echo "[$(($(date +%s) - start)) s] $*"; }
# value KEY: a number from the JSON object on stdin
value() { python3 -c 'import json, sys; print(json.load(sys.stdin)[sys.argv[1]])' "$1"; }

step "packages"
"$top/tests/install-packages.sh" build media
step "building in $build"
[ -f "$build/build.ninja" ] || meson setup "$build" >/dev/null
meson compile -C "$build" >"$build/quickstart.log" || {
  cat "$build/quickstart.log"
  exit 1
}
build=$(cd "$build" && pwd)
set +u
eval "$(meson devenv -C "$build" --dump)"
set -u
mkdir -p "$demo"
cd "$demo"

# Pedestrians seen by a fixed camera, 768x576, 795 frames, from Debian's opencv-doc; not installed but unpacked.
vtest=usr/share/doc/opencv-doc/examples/data/vtest.avi
fetch_vtest() {
  mkdir -p download
  (cd download && apt-get download -q -q opencv-doc && dpkg-deb --fsys-tarfile opencv-doc_*.deb |
    tar -x --to-stdout "./$vtest" >../vtest.avi) >download.log 2>&1 && [ -s vtest.avi ]
  status=$?
  rm -rf download
  return $status
}
make_clip() {
  echo "  no clip from Debian (download.log says why): a ball from videotestsrc instead"
  gst-launch-1.0 -q videotestsrc pattern=ball num-buffers=200 \
    ! video/x-raw,format=I420,width=768,height=576,framerate=10/1 ! jpegenc ! avimux ! filesink location=clip.avi
}
step "the clip"
if [ -n "${CLIP:-}" ]; then
  cp "$CLIP" clip.avi
elif [ -s "/$vtest" ]; then
  cp "/$vtest" clip.avi
elif [ ! -s clip.avi ]; then
  if fetch_vtest; then mv vtest.avi clip.avi; else make_clip; fi
fi

step "learning: latent pca, tiles of 16x16 pixels to $k numbers"
latent pca clip.avi -k $k -o camera.onnx --tile 16x16 --format I420 --every 4 --json >pca.json

step "measuring: latent eval"
latent eval camera.onnx clip.avi --picture reconstruction.png --json >eval.json

step "running: gst-launch-1.0, encode | decode"
gst-launch-1.0 -m filesrc location=clip.avi ! decodebin ! videoconvert ! video/x-raw,format=I420 \
  ! autoencoder mode=encode model=camera.onnx ! queue \
  ! autoencoder mode=decode model=camera.onnx ! fakesink >pipeline.log 2>&1 || {
  cat pipeline.log
  exit 1
}
seconds=$(sed -n 's/^Execution ended after \([0-9]*\):\([0-9]*\):\([0-9.]*\)$/\1 \2 \3/p' pipeline.log |
  awk '{ print $1 * 3600 + $2 * 60 + $3 }')
frames=$(sed -n 's/.*latent-stats.*frames=([a-z0-9]*)\([0-9]*\).*/\1/p' pipeline.log | head -n 1)

# What the pipeline gives against what it got, on its first 8 frames: cmp lists the bytes that differ, in octal.
frames_of_pipeline() {
  gst-launch-1.0 -q filesrc location=clip.avi ! decodebin ! videoconvert ! video/x-raw,format=I420 \
    ! identity eos-after=9 ! tee name=t ! queue ! filesink location=original.yuv \
    t. ! queue ! autoencoder mode=encode model=camera.onnx ! autoencoder mode=decode model=camera.onnx \
    ! filesink location=decoded.yuv
}
frames_of_pipeline
psnr=$(cmp -l original.yuv decoded.yuv | awk -v n="$(wc -c <original.yuv)" '
  function byte(octal) { return int(octal / 100) * 64 + int(octal / 10) % 10 * 8 + octal % 10 }
  { d = byte($2) - byte($3); sum += d * d }
  END { if (sum) printf "%.2f", 10 * log(255 * 255 * n / sum) / log(10); else printf "infinite" }')
rm -f original.yuv decoded.yuv

step "done"
cat <<EOF
k/d              $(value k <pca.json)/$(value d <pca.json) numbers a tile
PSNR             $(value psnr <eval.json | cut -c1-5) dB, the whole clip; $psnr dB, the first 8 frames out of gst-launch-1.0
encode | decode  $(awk -v n="$frames" -v t="$seconds" 'BEGIN { printf "%.1f", n / t }') frames a second, $frames frames, decoding the clip included
picture          $PWD/reconstruction.png: original, reconstruction, the first 16 basis pictures
EOF
