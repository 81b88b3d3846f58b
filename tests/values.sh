#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# tests/values.sh: principal components of real data against values worked out elsewhere (scikit-learn, float64): mean
# squared error a pixel on pictures that were not learned from. Needs `latent` in PATH, as `meson devenv -C build` has it.
# Fashion-MNIST is tried where Debian's dataset-fashion-mnist is installed.
set -eu
cd "$(dirname "$0")/.."
tmp=$(mktemp -d)
trap 'rm -rf "$tmp"' EXIT
failed=0

# number KEY FILE: of a JSON object in one line
number() { sed -E "s/.*\"$1\":([-+.0-9e]+).*/\1/" "$2"; }

# check NAME K WANTED TRAIN TEST: to 4 digits
check() {
  latent pca "$4" -k "$2" -o "$tmp/model.onnx" --json >"$tmp/pca.json"
  latent eval "$tmp/model.onnx" "$5" --json >"$tmp/eval.json"
  awk -v name="$1" -v k="$2" -v wanted="$3" -v mse="$(number mse "$tmp/eval.json")" \
    -v seconds="$(number seconds "$tmp/pca.json")" 'BEGIN {
    near = mse > wanted * .9999 && mse < wanted * 1.0001
    printf "%s %s k=%d: test MSE %.7f, wanted %.7f; learned in %.2f s\n", near ? "ok  " : "FAIL", name, k, mse, wanted, seconds
    exit !near }' || failed=1
}

# The first 8,000 pictures and the last 2,000 as IDX files of their own.
digits=examples/data/t10k-images-idx3-ubyte.gz
part() { # part FIRST COUNT COUNT-IN-OCTAL-BYTES
  printf "\\000\\000\\010\\003\\000\\000$3\\000\\000\\000\\034\\000\\000\\000\\034"
  gzip -dc $digits | tail -c +$((17 + $1 * 784)) | head -c $(($2 * 784))
}
part 0 8000 '\037\100' >"$tmp/train"
part 8000 2000 '\007\320' >"$tmp/test"
for row in 2:0.0591231 8:0.0389158 16:0.0278191 32:0.0173772 64:0.0094234; do
  check MNIST "${row%:*}" "${row#*:}" "$tmp/train" "$tmp/test"
done
fashion=/usr/share/datasets/fashion-mnist
if [ -d $fashion ]; then
  for row in 2:0.0460961 32:0.0151424 64:0.0103682; do
    check Fashion-MNIST "${row%:*}" "${row#*:}" $fashion/train-images-idx3-ubyte.gz $fashion/t10k-images-idx3-ubyte.gz
  done
fi
exit $failed
