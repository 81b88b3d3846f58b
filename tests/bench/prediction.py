#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""prediction.py rows|tiles FOLDER [FLAG...]: how well the next latent is predicted, on samples that nothing learned from.

Mean squared errors of the transformer that the recipe makes, of repeating what was last, and of a linear predictor. From the
project's root, `latent` on the PATH (meson devenv -C build); FLAGs go to `latent train`. Package python3-numpy.

rows   The recipe next-row: rows of MNIST digits, from all rows above. 8,000 digits to learn from, 2,000 to measure on.
tiles  The recipe next-latent: vtest.avi (Debian package opencv-doc) at 96x72, PCA of tiles of 12x12 pixels to 8 latents, from the
       7 frames before. Frames 0 to 599 to learn from, the last 100 of these to choose on; frames 600 to 794 to measure on.
       To learn from, tiles begin at half of their size too, and are mirrored: eight times as many. Latents are standardised by
       the frames to learn from: each place's mean (a camera that does not move) becomes 0, each component's deviation 1. The
       second line of errors is of latents as they were.

The linear predictor is what least squares gives from the last p latents and a constant, for each place in the sequence its own,
of what changes, with a ridge; p and ridge are those that do best on the samples to choose on.
"""
import gzip
import json
import os
import subprocess
import sys

import numpy as np

CLIP = os.environ.get("CLIP", "/usr/share/doc/opencv-doc/examples/data/vtest.avi")
DIGITS = "examples/data/t10k-images-idx3-ubyte.gz"
WIDTH, HEIGHT, TILE = 96, 72, 12
FRAMES, LEARN, CHOOSE, BACK = 795, 600, 100, 7  # in all, to learn from, the last of these to choose on, that are looked back on


def latent(*args):
    return json.loads(subprocess.run(["latent", *args, "--json"], check=True, stdout=subprocess.PIPE).stdout)


def rows(folder):
    """Sequences to fit, to choose and to measure on, the first row that is predicted, and what a unit is."""
    data = np.frombuffer(gzip.open(DIGITS).read(), np.uint8, offset=16).reshape(-1, 28, 28).astype(np.float32) / 255
    return data[:7200], data[7200:8000], data[8000:], 1, np.float32(1)


def crop(left, top, mirrored):
    """The clip without the pixels that no whole tile covers, begun there."""
    right, bottom = (WIDTH - left) % TILE, (HEIGHT - top) % TILE
    return (f"gst:filesrc location={CLIP} ! decodebin ! videoconvert ! videoscale"
            f" ! video/x-raw,format=GRAY8,width={WIDTH},height={HEIGHT}"
            f" ! videocrop left={left} top={top} right={right} bottom={bottom}"
            + " ! videoflip method=horizontal-flip" * mirrored)


def encode(folder, source, end, learned):
    """Latents of the first `end` frames, less the mean of the first `learned`: places x frames x latents."""
    latent("encode", source, "-m", f"{folder}/tiles.onnx", "-o", f"{folder}/tiles.npy", "--max-frames", str(end))
    x = np.load(f"{folder}/tiles.npy")
    x = x.reshape(*x.shape[:2], -1).transpose(2, 0, 1)
    return x - x[:, :learned].mean(1, keepdims=True)


def windows(x, first, end):
    """Sequences whose last frame, which is predicted, is one of these; all their frames are from first - BACK on."""
    return np.concatenate([x[:, i - BACK:i + 1] for i in range(first, end)])


def tiles(folder):
    latent("pca", crop(0, 0, False), "--max-frames", str(LEARN), "-k", "8", "--tile", f"{TILE}x{TILE}", "--format", "GRAY8",
           "-o", f"{folder}/tiles.onnx")
    x = encode(folder, crop(0, 0, False), FRAMES, LEARN)
    unit = x[:, :LEARN].std((0, 1))
    split = LEARN - CHOOSE
    fit = [encode(folder, crop(left, top, mirrored), split, split)
           for left in (0, TILE // 2) for top in (0, TILE // 2) for mirrored in (False, True)]
    fit = np.concatenate([windows(part / unit, BACK, split) for part in fit])
    x /= unit
    return fit, windows(x, split + BACK, LEARN), windows(x, LEARN, FRAMES), BACK, unit


def regress(learn, test, place, p, ridge):
    def inputs(data):
        return np.concatenate([data[:, max(place - p, 0):place].reshape(len(data), -1), np.ones((len(data), 1))], 1)

    a = inputs(learn).astype(np.float64)
    square = a.T @ a + ridge * len(a) * np.eye(a.shape[1])
    weights = np.linalg.solve(square, a.T @ (learn[:, place] - learn[:, place - 1]))
    return test[:, place - 1] + inputs(test) @ weights


def linear(learn, test, first, p, ridge):
    return np.stack([regress(learn, test, i, p, ridge) for i in range(first, learn.shape[1])], 1)


def choose(fit, check, first):
    """The p and ridge of least error."""
    tried = [(p, ridge) for p in (1, 2, 3, 4, 6, 7, 8, 12, 16, 27) if p < fit.shape[1]
             for ridge in (1e-4, 1e-3, 1e-2)]
    return min(tried, key=lambda how: np.mean((linear(fit, check, first, *how) - check[:, first:]) ** 2))


def learn_net(name, folder, sets, flags):
    """Trains as the recipe says, and gives what the net predicts."""
    for part, data in zip(("fit", "choose", "test"), sets):
        np.save(f"{folder}/{part}.npy", data.astype("<f4"))
    inputs = {"rows": [], "tiles": [f"{folder}/fit.npy", "--test", f"{folder}/choose.npy"]}[name]
    recipe = {"rows": "next-row", "tiles": "next-latent"}[name]
    said = latent("train", *inputs, "--recipe", f"examples/recipes/{recipe}.ini", "-o", f"{folder}/{name}.onnx", *flags)
    print(f"{said['steps']} steps, {said['seconds']:.0f} s, error in training {said['test_mse']:.5f}")
    # encode writes the latent tensor: here the output.
    latent("tag", f"{folder}/{name}.onnx", "--latent", "y", "-o", f"{folder}/{name}-next.onnx")
    latent("encode", f"{folder}/test.npy", "-m", f"{folder}/{name}-next.onnx", "-o", f"{folder}/next.npy")
    return np.load(f"{folder}/next.npy")


def main():
    name, folder, flags = sys.argv[1], sys.argv[2], sys.argv[3:]
    os.makedirs(folder, exist_ok=True)
    *sets, first, unit = {"rows": rows, "tiles": tiles}[name](folder)
    fit, check, test = sets
    how = choose(fit, check, first)
    truth = test[:, first:]
    guesses = {
        "transformer": learn_net(name, folder, sets, flags)[:, first - 1:-1],
        "repeating": test[:, first - 1:-1],
        "linear": linear(np.concatenate([fit, check]), test, first, *how),
    }
    print(f"linear: p = {how[0]}, ridge {how[1]:g}")
    for title, scale in (("standardised", 1), ("plain", unit)) if name == "tiles" else (("pixels", 1),):
        errors = {guess: np.mean(((value - truth) * scale) ** 2) for guess, value in guesses.items()}
        print(f"{title:12}", ", ".join(f"{guess} {error:.5f}" for guess, error in errors.items()))


if __name__ == "__main__":
    main()
