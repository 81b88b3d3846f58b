#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# models/speech-data.sh FOLDER: what the speech model learns from and is measured on, out of Debian's packages.
#   FOLDER/train      one file a voice: announcements by four speakers (Asterisk's prompts in English, Spanish, French,
#                     Italian and Russian; 2 hours 6 minutes), and the Czech cast of the game Fish Fillets (1 hour 46 minutes)
#   FOLDER/held-out   speakers that no training heard: recordings of pocketsphinx's tests (a reader of LibriVox, players of a
#                     game of cards, digits, commands), and each 24th of the longer lines of the Dutch cast of Fish Fillets
# All at 16 kHz, one channel. Needs ffmpeg; packages are downloaded, not installed.
set -eu
mkdir -p "$1"
cd "$1"

packages="asterisk-core-sounds-en-g722 asterisk-core-sounds-es-g722 asterisk-core-sounds-fr-g722 asterisk-core-sounds-it-g722
  asterisk-core-sounds-ru-g722 fillets-ng-data-cs fillets-ng-data-nl pocketsphinx-testdata"
mkdir -p deb root train held-out
for package in $packages; do
  ls deb/"$package"_* >/dev/null 2>&1 || (cd deb && apt-get download -q "$package")
  dpkg-deb -x deb/"$package"_* root
done
share=root/usr/share
raw=(-f s16le -ar 16000 -ac 1)

convert() { # OUT [FLAG...] IN: to 16 kHz
  local out=$1
  shift
  ffmpeg -v error -nostdin -y "${@:1:$#-1}" -i "${!#}" -ar 16000 -ac 1 "$out"
}

for folder in "$share"/asterisk/sounds/*_*_*; do
  find "$folder" -name '*.g722' ! -name 'beep*' ! -name '*tone*' ! -path '*silence*' | LC_ALL=C sort | xargs cat \
    | ffmpeg -v error -y -f g722 -i - -ar 16000 -ac 1 "train/$(basename "$folder").wav"
done
find "$share/games/fillets-ng/sound" -path '*/cs/*' -name '*.ogg' | LC_ALL=C sort | while read -r line; do
  ffmpeg -v error -nostdin -i "$line" "${raw[@]}" -
done | ffmpeg -v error -y "${raw[@]}" -i - train/fillets-cs.wav

test=$share/pocketsphinx/test/data
for file in "$test"/librivox/*.wav; do
  name=${file##*-}
  convert "held-out/librivox-$name" "$file"
done
for file in "$test"/cards/*.wav; do
  convert "held-out/cards-$(basename "$file")" "$file"
done
for name in goforward something numbers tidigits/dhd.2934z; do
  convert "held-out/$(basename "$name").wav" "${raw[@]}" "$test/$name.raw"
done
find "$share/games/fillets-ng/sound" -path '*/nl/*' -name '*.ogg' -size +28k | LC_ALL=C sort | awk 'NR % 24 == 1' \
  | while read -r line; do
    convert "held-out/fillets-nl-$(basename "$line" .ogg).wav" "$line"
  done
ls train | wc -l
ls held-out | wc -l
