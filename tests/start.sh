#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# Elements of one model share what oneDNN compiles for them: two at once make as many primitives as one does. oneDNN itself tells
# (ONEDNN_VERBOSE=2: a line for each primitive that it makes).
set -euo pipefail

folder=$(mktemp -d)
trap 'rm -r "$folder"' EXIT
source='videotestsrc num-buffers=2 ! video/x-raw,format=I420,width=64,height=48'

count () {
  ONEDNN_VERBOSE=2 timeout 100 gst-launch-1.0 -q "$@" >"$folder/log"
  grep -c 'create:' "$folder/log"
}

check () {
  local one two
  one=$(count $source ! $1 ! fakesink)
  two=$(count $source ! tee name=t ! queue ! $1 ! fakesink async=false t. ! queue ! $1 ! fakesink async=false)
  echo "$1: one $one, two $two"
  test "$one" -gt 0
  test "$one" -eq "$two"
}

check "autoencoder model=$LATENT_MODELS/video.onnx threads=1"
check "autoencoder model=$LATENT_MODELS/video.onnx mode=encode threads=1 batch-size=2"
check "latentvideoenc model=$LATENT_MODELS/video.onnx threads=1"
