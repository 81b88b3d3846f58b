#!/usr/bin/env python3
# SPDX-License-Identifier: LGPL-2.1-or-later
"""Makes the small models that the fuzzer starts from: make-corpus.py DIR. Needs python3-onnx, python3-numpy."""
import sys

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

rng = np.random.default_rng(3)
node = helper.make_node
F = TensorProto.FLOAT


def weights(*shape):
    return rng.normal(0, 0.5, shape).astype(np.float32)


def ints(*values):
    return np.array(values, np.int64)


def save(name, nodes, constants, x, y, latent=None, meta=(), opset=13, inputs=(), outputs=()):
    ports = [helper.make_tensor_value_info("x", F, x)] + [helper.make_tensor_value_info(n, F, s) for n, s in inputs]
    ends = [helper.make_tensor_value_info("y", F, y)] + [helper.make_tensor_value_info(n, F, s) for n, s in outputs]
    if latent:
        ends.append(helper.make_tensor_value_info("latent", F, latent))
    graph = helper.make_graph(nodes, "g", ports, ends, [numpy_helper.from_array(v, k) for k, v in constants.items()])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], producer_name="")
    model.ir_version = 8
    for key, value in meta:
        entry = model.metadata_props.add()
        entry.key, entry.value = key, value
    onnx.checker.check_model(model)
    data = model.SerializeToString()
    assert len(data) < 4096, (name, len(data))
    with open(f"{sys.argv[1]}/{name}.onnx", "wb") as f:
        f.write(data)


P = ["n", 3, "h", "w"]
save("conv", [node("Conv", ["x", "a", "b"], ["t"], pads=[1, 1, 1, 1], strides=[2, 2]), node("Relu", ["t"], ["latent"]),
              node("Conv", ["latent", "c"], ["u"]), node("DepthToSpace", ["u"], ["y"], blocksize=2)],
     {"a": weights(4, 3, 3, 3), "b": weights(4), "c": weights(12, 4, 1, 1)}, P, P, ["n", 4, "p", "q"])
save("deconv", [node("Conv", ["x", "a"], ["t"], strides=[2, 2], kernel_shape=[2, 2]),
                node("BatchNormalization", ["t", "s", "o", "m", "v"], ["latent"]),
                node("ConvTranspose", ["latent", "c"], ["y"], strides=[2, 2])],
     {"a": weights(4, 1, 2, 2), "s": weights(4), "o": weights(4), "m": weights(4), "v": abs(weights(4)),
      "c": weights(4, 1, 2, 2)}, [1, 1, 8, 8], [1, 1, 8, 8], [1, 4, 4, 4])
save("dense", [node("Gemm", ["x", "a", "b"], ["t"]), node("Tanh", ["t"], ["latent"]),
               node("MatMul", ["latent", "c"], ["u"]), node("Sigmoid", ["u"], ["y"])],
     {"a": weights(8, 2), "b": weights(2), "c": weights(2, 8)}, ["n", 8], ["n", 8], ["n", 2])
save("i420", [node("SpaceToDepth", ["x"], ["latent"], blocksize=2), node("DepthToSpace", ["latent"], ["y"], blocksize=2)],
     {}, [1, 6, "h", "w"], [1, 6, "h", "w"], [1, 24, "p", "q"],
     [("latent.input", "video/I420"), ("latent.scale", "0.01,0.02,0.03"), ("latent.tile", "16x16")])
save("audio", [node("Conv", ["x", "a"], ["latent"], strides=[8]), node("ConvTranspose", ["latent", "a"], ["y"], strides=[8])],
     {"a": weights(4, 1, 8)}, [1, 1, 32], [1, 1, 32], [1, 4, 4],
     [("latent.input", "audio/8000/1"), ("latent.hop", "16")])
save("state", [node("Add", ["x", "h0"], ["h1"]), node("Mul", ["h1", "a"], ["latent"]), node("Div", ["latent", "a"], ["y"])],
     {"a": weights(1)}, [1, 4], [1, 4], [1, 4], [("latent.state", "h0:h1")], inputs=[("h0", [1, 4])],
     outputs=[("h1", [1, 4])])
save("shapes", [node("Shape", ["x"], ["s"]), node("Gather", ["s", "zero"], ["n0"]), node("Unsqueeze", ["n0", "ax"], ["n1"]),
                node("Concat", ["n1", "rest"], ["to"], axis=0), node("Reshape", ["x", "to"], ["latent"]),
                node("Reshape", ["latent", "s"], ["y"])],
     {"zero": np.array(0, np.int64), "ax": ints(0), "rest": ints(-1)}, ["n", 2, 3], ["n", 2, 3], ["n", 6])
save("move", [node("Transpose", ["x"], ["a"], perm=[0, 2, 3, 1]), node("Slice", ["a", "st", "en", "ax", "sp"], ["b"]),
              node("Pad", ["b", "pads"], ["c"], mode="edge"), node("Split", ["c"], ["d", "e"], axis=1),
              node("Concat", ["d", "e"], ["latent"], axis=2), node("Expand", ["latent", "to"], ["y"])],
     {"st": ints(0), "en": ints(99), "ax": ints(1), "sp": ints(2), "pads": ints(0, 1, 0, 0, 0, 1, 0, 0),
      "to": ints(1, 1, 1, 1)}, [1, 2, 4, 4], [1, 2, 8, 2], [1, 2, 8, 2])
save("pools", [node("MaxPool", ["x"], ["a"], kernel_shape=[2, 2], strides=[2, 2]), node("AveragePool", ["a"], ["b"],
               kernel_shape=[3, 3], pads=[1, 1, 1, 1]), node("GlobalAveragePool", ["b"], ["latent"]),
               node("Resize", ["latent", "", "sc"], ["y"], mode="nearest")],
     {"sc": np.array([1, 1, 8, 8], np.float32)}, [1, 3, 8, 8], [1, 3, 8, 8], [1, 3, 1, 1])
save("attention", [node("MatMul", ["x", "q"], ["a"]), node("Transpose", ["a"], ["b"], perm=[0, 2, 1]),
                   node("MatMul", ["a", "b"], ["c"]), node("Softmax", ["c"], ["d"], axis=-1),
                   node("MatMul", ["d", "a"], ["e"]), node("LayerNormalization", ["e", "s"], ["latent"]),
                   node("Add", ["latent", "x"], ["y"])],
     {"q": weights(4, 4), "s": weights(4)}, [1, "t", 4], [1, "t", 4], [1, "t", 4], opset=17)
save("qdq", [node("QuantizeLinear", ["x", "s", "z"], ["a"]), node("DequantizeLinear", ["a", "s", "z"], ["b"]),
             node("DequantizeLinear", ["w", "s"], ["c"]), node("MatMul", ["b", "c"], ["latent"]), node("Neg", ["latent"], ["y"])],
     {"s": np.array(0.1, np.float32), "z": np.array(3, np.uint8), "w": np.arange(-8, 8, dtype=np.int8).reshape(4, 4)},
     [1, 4], [1, 4], [1, 4])
save("recurrent", [node("LSTM", ["x", "w", "r"], ["o", "latent"], hidden_size=2), node("Squeeze", ["o", "ax"], ["y"])],
     {"w": weights(1, 8, 3), "r": weights(1, 8, 2), "ax": ints(1)}, [4, 1, 3], [4, 1, 2], [1, 1, 2])
save("reduce", [node("ReduceMean", ["x"], ["a"], axes=[2]), node("ReduceL2", ["x"], ["b"], axes=[2]),
                node("Sub", ["a", "b"], ["c"]), node("Cast", ["c"], ["d"], to=TensorProto.INT32), node("Cast", ["d"], ["e"], to=F),
                node("Clip", ["e", "lo", "hi"], ["latent"]), node("Where", ["m", "latent", "x"], ["y"])],
     {"lo": np.array(-1, np.float32), "hi": np.array(1, np.float32), "m": np.array([True, False])}, [1, 2, 2], [1, 2, 2],
     [1, 2, 1])
save("old", [node("Add", ["x", "b"], ["a"], axis=1, broadcast=1), node("Gemm", ["a", "c", "b"], ["latent"], broadcast=1)]
     + [node("Pad", ["latent"], ["y"], pads=[0, 0, 0, 0])],
     {"b": weights(4), "c": weights(4, 4)}, [2, 4], [2, 4], [2, 4], opset=6)
save("elements", [node("Einsum", ["x", "a"], ["b"], equation="ij,jk->ik"), node("CumSum", ["b", "ax"], ["c"]),
                  node("Erf", ["c"], ["d"]), node("Tile", ["d", "rep"], ["e"]), node("GatherElements", ["e", "idx"], ["latent"], axis=1),
                  node("PRelu", ["latent", "sl"], ["y"])],
     {"a": weights(3, 3), "ax": np.array(1, np.int64), "rep": ints(1, 2), "idx": np.array([[0, 5, 2]], np.int64), "sl": weights(3)},
     [1, 3], [1, 3], [1, 3])
