#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/checks/pipelines.sh BUILD: runs examples/quickstart.sh on a made clip, then, in the folder that it leaves, every
# gst-launch-1.0 line of README.md and docs/ (in ``` blocks) and of the elements' documentation (between |[ and ]|), verbatim;
# then what players and discoverers do with a fresh file with sound that carries its models.
set -u
build=$(cd "$1" && pwd) || exit 1
cd "$(dirname "$0")/../.." || exit 1
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT

# blocks BEGIN END FILE...: the lines between, those continued by a backslash joined, of which gst-launch-1.0 is the command
blocks() {
  local begin=$1 end=$2
  shift 2
  awk -v begin="$begin" -v end="$end" '
    FNR == 1 { inside = 0 }
    !inside && $0 ~ begin { inside = 1; next }
    inside && $0 ~ end { inside = 0 }
    inside { sub(/^ \* ?/, ""); line = line $0; if (sub(/\\$/, "", line)) next; print FILENAME "\t" line; line = "" }' "$@" |
    grep -P '\t\s*(\$ )?([A-Z_]+=\S+ )*gst-launch-1\.0' | sed -E 's/\t\s*\$ /\t/'
}

gst-launch-1.0 -q videotestsrc pattern=ball num-buffers=60 ! video/x-raw,format=I420,width=320,height=240,framerate=10/1 \
  ! jpegenc ! avimux ! filesink location="$tmp/made.avi" || exit 1
CLIP=$tmp/made.avi BUILD=$build examples/quickstart.sh "$tmp/demo" || exit 1
meson devenv -C "$build" -w "$tmp/demo" latent train --recipe mnist-vae --steps 20 -o vae.onnx || exit 1
meson devenv -C "$build" -w "$tmp/demo" latent train 'gst:audiotestsrc wave=ticks num-buffers=1000 ! audio/x-raw,rate=16000,channels=1' \
  --recipe speech-conv --steps 2 -o sound.onnx || exit 1
meson devenv -C "$build" -w "$tmp/demo" gst-launch-1.0 -q filesrc location=clip.avi ! decodebin ! videoconvert \
  ! latentvideoenc model=camera.onnx ! latentmux ! filesink location=clip.lat || exit 1

# dfbvideosink (gstreamer1.0-plugins-bad) crashes where there is no display, and autovideosink tries it.
export GST_PLUGIN_FEATURE_RANK=dfbvideosink:NONE
passed=0
failed=0
while IFS=$'\t' read -r file line; do
  echo "$file: $line"
  if timeout 60 meson devenv -C "$build" -w "$tmp/demo" sh -c "$line" </dev/null >"$tmp/log" 2>&1; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    tail -n 30 "$tmp/log"
  fi
done < <(
  # shellcheck disable=SC2046
  blocks '^ *```' '^ *```' README.md $(find docs -name '*.md')
  # shellcheck disable=SC2046
  blocks '\\|\\[' '\\]\\|' $(find plugin -name '*.c')
)

# shows PATTERN COMMAND...: what a command prints has a line like that
shows() {
  local pattern=$1
  shift
  echo "$*"
  if timeout 60 meson devenv -C "$build" -w "$tmp/demo" "$@" </dev/null >"$tmp/log" 2>&1 && grep -q "$pattern" "$tmp/log"; then
    passed=$((passed + 1))
  else
    failed=$((failed + 1))
    tail -n 30 "$tmp/log"
  fi
}

shows '' gst-launch-1.0 latentmux name=m ! filesink location=film.lat \
  videotestsrc pattern=ball num-buffers=30 ! video/x-raw,format=I420,width=320,height=240,framerate=15/1 \
  ! latentvideoenc model=camera.onnx embed-model=once ! queue ! m. \
  audiotestsrc num-buffers=32 ! audio/x-raw,rate=16000,channels=1 ! latentaudioenc model=sound.onnx embed-model=once ! queue ! m.
shows 'Duration: 0:00:02' gst-discoverer-1.0 film.lat
shows 'audio #2: audio/x-latent' gst-discoverer-1.0 -v film.lat
shows 'Reached end of play list' gst-play-1.0 --no-interactive --videosink='fakesink sync=true' --audiosink='fakesink sync=true' film.lat
shows '' gst-launch-1.0 playbin uri="file://$tmp/demo/film.lat" video-sink=fakesink audio-sink=fakesink
shows '' gst-launch-1.0 uridecodebin uri="file://$tmp/demo/film.lat" name=d d. ! queue ! videoconvert ! fakesink d. ! queue ! audioconvert ! fakesink
[ $passed -gt 0 ] || { echo "no pipeline found"; exit 1; }
echo "$passed pipelines passed, $failed failed"
[ $failed = 0 ]
