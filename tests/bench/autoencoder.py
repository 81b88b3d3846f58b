#!/usr/bin/python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""autoencoder.py MODEL: the convolutional autoencoder that the engine is timed on, random weights.

Input 24 x 180 x 320 (a 1280x720 I420 frame, space to depth); 24->48 3x3, 48->80 3x3 stride 2 and a residual
block, 80->112 3x3 stride 2 and a residual block, 1x1 to 96; mirrored with DepthToSpace.
"""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper


class Net:
    def __init__(self):
        self.random = np.random.default_rng(1)
        self.nodes, self.weights = [], []

    def add(self, op, inputs, output=None, **attributes):
        name = f"{op}{len(self.nodes)}"
        output = output or name
        self.nodes.append(helper.make_node(op, inputs, [output], name=name, **attributes))
        return output

    def conv(self, x, n_in, n_out, kernel=3, stride=1, relu=True, output=None):
        name = f"w{len(self.weights)}"
        weights = self.random.standard_normal((n_out, n_in, kernel, kernel))
        weights *= np.sqrt(2 / (n_in * kernel * kernel))
        bias = self.random.standard_normal(n_out) * 0.05
        self.weights.append(numpy_helper.from_array(weights.astype(np.float32), name))
        self.weights.append(numpy_helper.from_array(bias.astype(np.float32), name + "b"))
        y = self.add("Conv", [x, name, name + "b"], None if relu else output, strides=[stride] * 2,
                     kernel_shape=[kernel] * 2, pads=[kernel // 2] * 4)
        return self.add("Relu", [y], output) if relu else y

    def residual(self, x, n):
        return self.add("Add", [x, self.conv(self.conv(x, n, n), n, n, relu=False)])

    def up(self, x, n_in, n_out):
        y = self.conv(x, n_in, 4 * n_out, relu=False)
        return self.add("Relu", [self.add("DepthToSpace", [y], blocksize=2, mode="CRD")])


def main():
    net = Net()
    x = net.conv("x", 24, 48)
    x = net.residual(net.conv(x, 48, 80, stride=2), 80)
    x = net.residual(net.conv(x, 80, 112, stride=2), 112)
    x = net.conv(x, 112, 96, kernel=1, relu=False, output="latent")
    x = net.residual(net.conv(x, 96, 112, kernel=1), 112)
    x = net.residual(net.up(x, 112, 80), 80)
    net.conv(net.up(x, 80, 48), 48, 24, relu=False, output="y")

    def value(name, shape):
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

    graph = helper.make_graph(net.nodes, "autoencoder", [value("x", [1, 24, 180, 320])],
                              [value("y", [1, 24, 180, 320]), value("latent", [1, 96, 45, 80])],
                              net.weights)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)])
    model.ir_version = 8
    onnx.checker.check_model(model)
    onnx.save(model, sys.argv[1])


main()
