#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""training.py NET FOLDER: a net of PyTorch's with random weights as FOLDER/NET.onnx, and samples as FOLDER/NET.f32.
training.py NET FOLDER STEPS BATCH THREADS KEY=VALUE...: the same steps that bench-training does, with PyTorch; prints as it
does. Keys are those of a recipe, optimiser, lr, momentum, epsilon; precision=double computes in double.

Nets: dense (784-512-256-32-256-512-784, ReLU, on MNIST digits of examples/data), conv (3 to 32, 64, 96 channels, each with
stride 2, back by pixel shuffle, on random 64x64 textures).
"""
import gzip
import resource
import sys
import time

import numpy as np
import onnx
import torch
from torch import nn


def dense():
    sizes = [784, 512, 256, 32, 256, 512, 784]
    layers = []
    for i in range(len(sizes) - 1):
        layers.append(nn.Linear(sizes[i], sizes[i + 1]))
        if i not in (2, 5):
            layers.append(nn.ReLU())
    return nn.Sequential(*layers)


def up(n_in, n_out):
    return [nn.Conv2d(n_in, 4 * n_out, 3, 1, 1), nn.PixelShuffle(2)]


def conv():
    return nn.Sequential(
        nn.Conv2d(3, 32, 3, 2, 1), nn.ReLU(), nn.Conv2d(32, 64, 3, 2, 1), nn.ReLU(), nn.Conv2d(64, 96, 3, 2, 1),
        *up(96, 64), nn.ReLU(), *up(64, 32), nn.ReLU(), *up(32, 3))


def digits():
    data = gzip.open("examples/data/t10k-images-idx3-ubyte.gz").read()
    return np.frombuffer(data, np.uint8, offset=16).reshape(-1, 784).astype(np.float32) / 255


def textures():
    """Sums of waves: something to learn, without a file."""
    random = np.random.default_rng(2)
    y, x = np.mgrid[0:64, 0:64] / 64
    out = np.empty((256, 3, 64, 64), np.float32)
    for picture in out:
        for channel in picture:
            a, b, c, d = random.uniform(-20, 20, 4)
            channel[:] = 0.5 + 0.25 * np.sin(a * x + b * y) + 0.25 * np.sin(c * x + d * y)
    return out


NETS = {"dense": (dense, digits), "conv": (conv, textures)}


def make(name, folder):
    torch.manual_seed(1)
    net, samples = NETS[name][0](), NETS[name][1]()
    torch.onnx.export(net, torch.from_numpy(samples[:1]), f"{folder}/{name}.onnx", input_names=["x"], output_names=["y"],
                      dynamic_axes={"x": {0: "n"}, "y": {0: "n"}}, opset_version=13)
    model = onnx.load(f"{folder}/{name}.onnx")
    layers = [node.output[0] for node in model.graph.node if node.op_type in ("Conv", "Gemm")]
    onnx.helper.set_model_props(model, {"latent.tensor": layers[2]})
    onnx.save(model, f"{folder}/{name}.onnx")
    torch.save(net.state_dict(), f"{folder}/{name}.pt")
    samples.tofile(f"{folder}/{name}.f32")


def make_optimiser(parameters, keys):
    rate = float(keys.get("lr", 0.001))
    if keys.get("optimiser", "adam") == "adam":
        return torch.optim.Adam(parameters, lr=rate, eps=float(keys.get("epsilon", 1e-8)))
    return torch.optim.SGD(parameters, lr=rate, momentum=float(keys.get("momentum", 0.9)))


def run(name, folder, steps, batch, threads, *settings):
    keys = dict(setting.split("=") for setting in settings)
    torch.set_num_threads(threads)
    net = NETS[name][0]()
    net.load_state_dict(torch.load(f"{folder}/{name}.pt"))
    samples = torch.from_numpy(NETS[name][1]())
    if keys.get("precision") == "double":
        net, samples = net.double(), samples.double()
    optimiser = make_optimiser(net.parameters(), keys)
    seconds = []
    for i in range(steps):
        begin = time.perf_counter()
        x = samples[torch.arange(i * batch, (i + 1) * batch) % len(samples)]
        loss = nn.functional.mse_loss(net(x), x)
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        print(f"{loss.item():.9g}")
        seconds.append(time.perf_counter() - begin)
    seconds.sort()
    print(f"seconds a step {seconds[0]:.6g} {seconds[steps // 2]:.6g}")
    print(f"peak {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.1f}")


if __name__ == "__main__":
    if len(sys.argv) == 3:
        make(*sys.argv[1:])
    else:
        run(sys.argv[1], sys.argv[2], *(int(a) for a in sys.argv[3:6]), *sys.argv[6:])
