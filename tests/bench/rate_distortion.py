# SPDX-License-Identifier: LGPL-2.1-or-later
"""What rate-distortion measures with: I420 pictures and clips, peers, luma PSNR, MS-SSIM, BD-rate. Needs ffmpeg, webp,
libjpeg-turbo-progs, GStreamer's jpegenc; python3-numpy."""
import json
import os
import subprocess
import tempfile

import numpy as np

LEAST, MOST = 0.05, 0.5  # bits a pixel between which rates are compared


def run(*args, **kwargs):
    done = subprocess.run([str(a) for a in args], stdout=subprocess.PIPE, stderr=subprocess.PIPE, **kwargs)
    if done.returncode:
        raise SystemExit(f"{' '.join(map(str, args))}\n{done.stderr.decode()}")
    return done.stdout


def size_of(path):
    line = run("ffprobe", "-v", "error", "-select_streams", "v", "-show_entries", "stream=width,height", "-of", "csv=p=0", path)
    return [int(n) for n in line.decode().split(",")[:2]]


class Frames:
    """I420 frames of one even size, in a file of raw video: what every codec gets, and what it gives back."""

    def __init__(self, path, width, height):
        self.path, self.width, self.height = path, width, height
        self.bytes = np.fromfile(path, np.uint8).reshape(-1, width * height * 3 // 2)

    def luma(self):
        return self.bytes[:, : self.width * self.height].reshape(-1, self.height, self.width)

    @classmethod
    def read(cls, media, path, first=0, count=None):
        """Of a picture or clip; odd sizes lose a row or column."""
        width, height = [n // 2 * 2 for n in size_of(media)]
        select = ["-vf", f"select=gte(n\\,{first}),crop={width}:{height}:0:0", "-vsync", "0"]
        frames = ["-frames:v", count] if count else []
        run("ffmpeg", "-v", "error", "-y", "-i", media, *select, *frames, "-pix_fmt", "yuv420p", "-f", "rawvideo", path)
        return cls(path, width, height)

    def decoded(self, path, *options):
        """Frames of this size that ffmpeg decodes a file to."""
        raw = path + ".yuv"
        run("ffmpeg", "-v", "error", "-y", *options, "-i", path, "-vsync", "0", "-pix_fmt", "yuv420p", "-f", "rawvideo", raw)
        return Frames(raw, self.width, self.height)


def caps(frames, rate=1):
    size = frames.width * frames.height * 3 // 2
    return (f"filesrc location={frames.path} blocksize={size} ! rawvideoparse format=i420 width={frames.width}"
            f" height={frames.height} framerate={rate}/1")


# Codecs: (frames, quality, folder) -> bytes, frames as decoded. Files are as small as the encoder makes them.

def jpeg(frames, quality, folder):
    """libjpeg-turbo, of I420 as it is, Huffman tables optimised."""
    path = os.path.join(folder, "x.jpg")
    run("gst-launch-1.0", "-q", *caps(frames).split(), "!", "jpegenc", f"quality={quality}", "!", "filesink", f"location={path}")
    run("jpegtran", "-optimize", "-copy", "none", "-outfile", path + ".small.jpg", path)
    out = path + ".yuv"
    run("gst-launch-1.0", "-q", "filesrc", f"location={path}.small.jpg", "!", "jpegdec", "!", "video/x-raw,format=I420", "!",
        "filesink", f"location={out}")
    return os.path.getsize(path + ".small.jpg"), unpad(out, frames)


def unpad(path, frames):
    """GStreamer's I420: rows of a multiple of 4 bytes, planes of an even number of rows."""
    w, h = frames.width, frames.height
    strides = [-(-w // 4) * 4, -(-(w // 2) // 4) * 4]
    ends = np.cumsum([strides[0] * h, strides[1] * h // 2, strides[1] * h // 2])
    data = np.fromfile(path, np.uint8).reshape(-1, ends[-1])
    planes = [data[:, a:b].reshape(len(data), -1, s)[:, :, :n].reshape(len(data), -1) for a, b, s, n in
              zip([0, *ends], ends, [strides[0], strides[1], strides[1]], [w, w // 2, w // 2])]
    np.concatenate(planes, axis=1).tofile(path)
    return Frames(path, w, h)


def webp(frames, quality, folder):
    """cwebp at its best (-m 6), of I420 as it is."""
    path = os.path.join(folder, "x.webp")
    run("cwebp", "-quiet", "-q", quality, "-m", 6, "-s", frames.width, frames.height, frames.path, "-o", path)
    run("dwebp", "-quiet", path, "-yuv", "-o", path + ".yuv")
    return os.path.getsize(path), Frames(path + ".yuv", frames.width, frames.height)


def x264(frames, quality, folder):
    """veryfast, zerolatency; quality is crf."""
    path = os.path.join(folder, "x.h264")
    run("ffmpeg", "-v", "error", "-y", "-f", "rawvideo", "-pix_fmt", "yuv420p", "-s", f"{frames.width}x{frames.height}", "-r", 10,
        "-i", frames.path, "-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-g", 250, "-crf", quality,
        "-threads", 1, "-bsf:v", "filter_units=remove_types=6", "-f", "h264", path)
    return os.path.getsize(path), frames.decoded(path, "-f", "h264")


def ours(model, *options):
    """.lat files, headers and index included. options: of latent encode."""
    def code(frames, quality, folder):
        path, out = os.path.join(folder, "x.lat"), os.path.join(folder, "x.yuv")
        run("latent", "encode", f"gst:{caps(frames, 10)}", "-m", model, "-o", path, "--quality", quality, "--threads", 1, *options)
        run("latent", "decode", path, "-m", model, "--threads", 1, "-o", f"gst:filesink location={out}")
        return os.path.getsize(path), unpad(out, frames)
    return code


# Measures

def psnr(a, b, mask=None):
    error = (a.astype(np.float64) - b) ** 2
    return 10 * np.log10(255 ** 2 / max((error if mask is None else error[mask]).mean(), 1e-9))


def blur(x):
    taps = np.exp(-((np.arange(11) - 5) ** 2) / (2 * 1.5 ** 2))
    taps /= taps.sum()
    for axis in (0, 1):
        n = x.shape[axis] - 10
        x = sum(t * np.take(x, range(i, i + n), axis) for i, t in enumerate(taps))
    return x


def ms_ssim(a, b):
    """Wang 2003: five sizes, Gaussian windows of 11."""
    a, b = a.astype(np.float64), b.astype(np.float64)
    result = 1.0
    for i, weight in enumerate((0.0448, 0.2856, 0.3001, 0.2363, 0.1333)):
        mean_a, mean_b = blur(a), blur(b)
        var_a, var_b = blur(a * a) - mean_a ** 2, blur(b * b) - mean_b ** 2
        both = blur(a * b) - mean_a * mean_b
        contrast = (2 * both + 58.5225) / (var_a + var_b + 58.5225)
        if i == 4:
            contrast = contrast * (2 * mean_a * mean_b + 6.5025) / (mean_a ** 2 + mean_b ** 2 + 6.5025)
        result *= max(contrast.mean(), 0) ** weight
        a, b = [(x[:-1:2, :-1:2] + x[1::2, :-1:2] + x[:-1:2, 1::2] + x[1::2, 1::2]) / 4 for x in (a, b)]
    return result


def decibels(similarity):
    return -10 * np.log10(max(1 - similarity, 1e-9))


def bd_rate(points, peer, least=LEAST, most=MOST):
    """Bytes that `points` need more than `peer` at equal quality (-0.2: a fifth fewer): the mean over the qualities that the
    peer has from `least` to `most` bits a pixel, as far as both have them. Points are (bits a pixel, quality)."""
    (x, a), (z, b) = [np.array(sorted(p)).T for p in (points, peer)]
    a, b = np.maximum.accumulate(a), np.maximum.accumulate(b)
    low = max(np.interp(np.log(least), np.log(z), b), a[0])
    high = min(np.interp(np.log(most), np.log(z), b), a[-1])
    if high <= low:
        return float("nan")
    grid = np.linspace(low, high, 200)
    return float(np.exp(np.mean(np.interp(grid, a, np.log(x)) - np.interp(grid, b, np.log(z)))) - 1)


def curve(code, frames, qualities):
    """[{quality, bytes, bpp, psnr, ms_ssim}] of a picture."""
    points = []
    for quality in qualities:
        with tempfile.TemporaryDirectory() as folder:
            size, found = code(frames, quality, folder)
            truth, got = frames.luma()[0], found.luma()[0]
            points.append({"quality": quality, "bytes": size, "bpp": 8 * size / truth.size, "psnr": psnr(truth, got),
                           "ms_ssim": ms_ssim(truth, got)})
    return points


def save(path, data):
    if path:
        with open(path, "w") as file:
            json.dump(data, file, indent=1)
