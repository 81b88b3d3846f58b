#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""nearest.py MODEL.onnx FILE: prints, for each frame of a file, the earlier frame whose embedding is nearest.

The same as nearest.c, by introspection: packages python3-gi, python3-gst-1.0, and Latent's typelibs."""
import sys
from array import array

import gi

gi.require_version("Gst", "1.0")
gi.require_version("GstApp", "1.0")
gi.require_version("LatentGst", "1.0")
from gi.repository import Gst, GstApp, LatentGst  # noqa: E402, F401 (GstApp: pull_sample)


def distance(a, b):
    if len(a) != len(b):
        return float("inf")  # the size of the picture changed on the way
    return sum((x - y) ** 2 for x, y in zip(a, b))


def look_up(earlier, latent, pts):
    """Compares a frame's latent with all earlier ones, then keeps it."""
    if earlier:
        best, nearest = min((distance(latent, other), i) for i, other in enumerate(earlier))
        print(f"{pts / Gst.SECOND:.3f} s frame {len(earlier)}: frame {nearest}, distance {best:g}")
    earlier.append(latent)


def main():
    if len(sys.argv) != 3:
        sys.exit(f"usage: {sys.argv[0]} MODEL.onnx FILE")
    Gst.init(None)
    pipeline = Gst.parse_launch(
        "filesrc name=file ! decodebin ! videoconvert ! "
        "autoencoder mode=embed name=embed ! appsink name=frames sync=false"
    )
    pipeline.get_by_name("embed").set_property("model", sys.argv[1])
    pipeline.get_by_name("file").set_property("location", sys.argv[2])
    frames = pipeline.get_by_name("frames")
    pipeline.set_state(Gst.State.PLAYING)

    earlier = []
    while sample := frames.pull_sample():
        frame = sample.get_buffer()
        latent = LatentGst.buffer_get_latent(frame)
        if latent:
            look_up(earlier, array("f", latent.to_bytes().get_data()), frame.pts)

    # The sink knows of the end a moment before the bus does.
    ends = Gst.MessageType.ERROR | Gst.MessageType.EOS
    message = pipeline.get_bus().timed_pop_filtered(5 * Gst.SECOND, ends)
    pipeline.set_state(Gst.State.NULL)
    if not message or message.type != Gst.MessageType.EOS:
        sys.exit(message.parse_error().gerror.message if message else "the pipeline stopped")


if __name__ == "__main__":
    main()
