#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""read-meta.py MODEL.onnx: reads the meta of mode=embed with nothing of ours but the element."""
import struct
import sys

try:
    import gi

    gi.require_version("Gst", "1.0")
    gi.require_version("GstApp", "1.0")
    from gi.repository import Gst, GstApp  # noqa: F401 (GstApp: pull_sample)
except (ImportError, ValueError):
    sys.exit(77)

Gst.init(None)
pipeline = Gst.parse_launch(
    "videotestsrc num-buffers=1 ! video/x-raw,format=RGB,width=17,height=13 ! "
    "autoencoder mode=embed name=embed ! videoconvert ! video/x-raw,format=I420 ! "
    "appsink name=frames sync=false"
)
pipeline.get_by_name("embed").set_property("model", sys.argv[1])
pipeline.set_state(Gst.State.PLAYING)
frame = pipeline.get_by_name("frames").pull_sample().get_buffer()
latent = frame.get_custom_meta("latent").get_structure()
data = latent.get_value("data").get_data()
values = struct.unpack(f"{len(data) // 4}f", data)
assert all(0 <= value <= 1 for value in values)
print(latent.get_value("model"), latent.get_value("dims"), latent.get_value("type"), len(values), "values")
pipeline.set_state(Gst.State.NULL)
