#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# models/video-data.sh FOLDER: what the video model learns from and is measured on, out of Debian's packages.
#   FOLDER/train      photographs at about 1920 and 960 pixels in width, frames of clips
#   FOLDER/held-out   photographs at about 1280 that no training saw; no other size of one of them is in train
# Needs ImageMagick and ffmpeg; packages are downloaded, not installed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$1"
cd "$1"

packages="plasma-workspace-wallpapers gnome-backgrounds mate-backgrounds lomiri-wallpapers-16.04 lomiri-wallpapers-20.04
  ukui-wallpapers visp-images-data labelme-examples forensics-samples-files python3-imageio python-kivy-examples python3-mecavideo"
mkdir -p deb root train held-out
for package in $packages; do
  ls deb/"$package"_* >/dev/null 2>&1 || (cd deb && apt-get download -q "$package")
  dpkg-deb -x deb/"$package"_* root
done

# One file of each picture; drawings, charts and patterns are left out. The list says which.
shrink() { # PICTURE WIDTH OUT: to so many pixels in width, or to half as many as it has where those are fewer
  local width
  width=$(($(/usr/bin/identify -format '%w' "$1[0]") / 2 / 2 * 2))
  [ "$width" -le "$2" ] || width=$2
  /usr/bin/convert "$1[0]" -background black -alpha remove -colorspace sRGB -filter Lanczos -resize "${width}x" -depth 8 "$3"
}
number=0
while read -r use path; do
  number=$((number + 1))
  name=$(printf '%03d' $number)
  case $use in
    train)
      shrink "root/$path" 1920 "train/$name-large.png"
      shrink "root/$path" 960 "train/$name-small.png"
      ! cmp -s "train/$name-large.png" "train/$name-small.png" || rm "train/$name-small.png"
      ;;
    test) shrink "root/$path" 1280 "held-out/$name.png" ;;
  esac
done < <(grep -v '^#' "$here/video-data.txt")

# Clips, half as large: ten frames a clip, some seconds apart.
for clip in usr/share/forensics-samples/original-files/movie2/movie-hello.mp4 \
  usr/lib/python3/dist-packages/imageio/resources/images/cockatoo.mp4 \
  usr/share/kivy-examples/widgets/cityCC0.mpg usr/share/pymecavideo/data/video/balle-jbart.mp4; do
  ffmpeg -v error -y -i "root/$clip" -vf 'fps=1.3,scale=iw/2:-2' -frames:v 10 "train/$(basename "${clip%.*}")-%02d.png"
done
ls train | wc -l
ls held-out | wc -l
