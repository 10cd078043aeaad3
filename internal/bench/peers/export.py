"""Writes a model for ONNX Runtime.

  export.py FOLDER MODEL

FOLDER/MODEL.plain.onnx   what torch.onnx.export makes of torchvision's module
FOLDER/MODEL.fused.onnx   the same network in ONNX Runtime's own fused operators
FOLDER/MODEL.int8.onnx    the same with int8 weights, one scale an output, and activations quantised as they come
FOLDER/MODEL.images, FOLDER/MODEL.logits   two images and torch's logits, float32, to hold the others to
"""
import sys

import numpy as np
import torch
from onnx import TensorProto, helper, numpy_helper, save

import models

MICROSOFT = "com.microsoft"


class Graph:
    """A network in ONNX Runtime's fused operators, written node after node."""

    def __init__(self, state, shape, int8):
        self.state = {name: value.numpy() for name, value in state.items()}
        self.shape, self.int8 = shape, int8
        self.nodes, self.constants = [], []

    def name(self):
        return "v%d" % (len(self.nodes) + len(self.constants))

    def const(self, value):
        self.constants.append(numpy_helper.from_array(np.array(value, order="C"), self.name()))
        return self.constants[-1].name

    def weight(self, name):
        return self.const(self.state[name])

    def op(self, kind, *inputs, outputs=1, domain="", **attributes):
        """Appends a node and returns the last of its outputs, of which only the first and the last are named."""
        first = self.name()
        names = [first] + [""] * (outputs - 2) + ([first + "s"] if outputs > 1 else [])
        self.nodes.append(helper.make_node(kind, inputs, names, domain=domain, **attributes))
        return names[-1] if outputs == 1 else (names[0], names[-1])

    def product(self, x, weight):
        """x times the transpose of weight [out, in]."""
        if not self.int8:
            return self.op("MatMul", x, self.const(weight.T))
        # Seven bits: AVX2 adds pairs of products in 16 bits, which eight overflow.
        scale = np.maximum(np.abs(weight).max(axis=1), 1e-8) / 63
        quantised = np.round(weight / scale[:, None]).astype(np.int8)
        zero = np.zeros(len(scale), np.int8)
        return self.op("DynamicQuantizeMatMul", x, self.const(quantised.T), self.const(scale.astype(np.float32)),
                       self.const(zero), domain=MICROSOFT)

    def add_and_norm(self, x, branch, bias, norm):
        """LayerNorm(x + branch + bias), and the sum."""
        return self.op("SkipLayerNormalization", x, branch, self.weight(norm + ".weight"), self.weight(norm + ".bias"), bias,
                       outputs=4, domain=MICROSOFT, epsilon=1e-6)

    def norm(self, x, name):
        return self.op("LayerNormalization", x, self.weight(name + ".weight"), self.weight(name + ".bias"), axis=-1, epsilon=1e-6)

    def tokens(self, x):
        side, dim = self.shape["patch_size"], self.shape["hidden_dim"]
        patches = self.op("Conv", x, self.weight("conv_proj.weight"), self.weight("conv_proj.bias"),
                          kernel_shape=[side, side], strides=[side, side])
        patches = self.op("Transpose", self.op("Reshape", patches, self.const(np.array([0, dim, -1]))), perm=[0, 2, 1])
        batch = self.op("Slice", self.op("Shape", x), self.const(np.array([0])), self.const(np.array([1])))
        first = self.op("Expand", self.weight("class_token"),
                        self.op("Concat", batch, self.const(np.array([1, dim])), axis=0))
        return self.op("Add", self.op("Concat", first, patches, axis=1), self.weight("encoder.pos_embedding"))

    def attention(self, x, layer):
        parts = np.split(self.state[layer + "in_proj_weight"], 3)
        heads = self.op("MultiHeadAttention", *[self.product(x, w) for w in parts], self.weight(layer + "in_proj_bias"),
                        domain=MICROSOFT, num_heads=self.shape["num_heads"])
        return self.product(heads, self.state[layer + "out_proj.weight"])

    def mlp(self, x, layer):
        hidden = self.product(x, self.state[layer + "0.weight"])
        hidden = self.op("BiasGelu", hidden, self.weight(layer + "0.bias"), domain=MICROSOFT)
        return self.product(hidden, self.state[layer + "3.weight"])

    def build(self):
        depth, side, classes = (self.shape[key] for key in ("num_layers", "image_size", "num_classes"))
        layers = ["encoder.layers.encoder_layer_%d." % i for i in range(depth)]
        x = self.tokens("x")
        y = self.norm(x, layers[0] + "ln_1")
        for layer, after in zip(layers, layers[1:] + [None]):
            branch, bias = self.attention(y, layer + "self_attention."), self.weight(layer + "self_attention.out_proj.bias")
            y, x = self.add_and_norm(x, branch, bias, layer + "ln_2")
            branch, bias = self.mlp(y, layer + "mlp."), self.weight(layer + "mlp.3.bias")
            y, x = self.add_and_norm(x, branch, bias, after + "ln_1" if after else "encoder.ln")
        first = self.op("Gather", y, self.const(np.array(0)), axis=1)
        self.nodes.append(helper.make_node("Gemm", [first, self.weight("heads.head.weight"), self.weight("heads.head.bias")],
                                           ["y"], transB=1))
        value = helper.make_tensor_value_info
        graph = helper.make_graph(self.nodes, "vit", [value("x", TensorProto.FLOAT, ["N", 3, side, side])],
                                  [value("y", TensorProto.FLOAT, ["N", classes])], self.constants)
        return helper.make_model(graph, ir_version=8,
                                 opset_imports=[helper.make_opsetid("", 17), helper.make_opsetid(MICROSOFT, 1)])


def main(folder, model):
    torch.manual_seed(7)
    net, shape = models.build(model).eval(), models.MODELS[model]
    torch.nn.init.normal_(net.heads.head.weight, std=0.02)  # torchvision starts with zeros
    images = torch.rand(2, 3, shape["image_size"], shape["image_size"]) - 0.5
    with torch.no_grad():
        logits = net(images)
    path = "%s/%s." % (folder, model)
    images.numpy().tofile(path + "images")
    logits.numpy().tofile(path + "logits")
    torch.onnx.export(net, images, path + "plain.onnx", opset_version=17, input_names=["x"], output_names=["y"],
                      dynamic_axes={"x": {0: "N"}, "y": {0: "N"}})
    for variant in "fused", "int8":
        save(Graph(net.state_dict(), shape, variant == "int8").build(), path + variant + ".onnx")


if __name__ == "__main__":
    main(*sys.argv[1:])
