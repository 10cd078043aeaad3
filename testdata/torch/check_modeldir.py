#!/usr/bin/python3
"""Runs a Hugging Face ViT directory (model_type "vit": config.json and
model.safetensors) in torch, independently of the Go code that wrote it, and prints
{"labels": [...], "logits": [[...], ...], "features": [[...], ...]}, the features being
what the classifier sees.

    python3 testdata/torch/check_modeldir.py MODELDIR INPUT.f32

INPUT is raw little-endian float32 [B, C, H, W] as the model takes it, after all
preprocessing; B follows from its size. Tensors must be there to the last one, with
none left over. Computes in float64.
"""
import argparse
import json
import pathlib
import sys

sys.dont_write_bytecode = True  # leave no cache in the repository
import numpy as np
import torch

import cases
import models
import safetensors_file


def pair(size):
    return size if isinstance(size, list) else [size, size]


def configuration(hf):
    """The configuration of cases.py that a Hugging Face config.json stands for."""
    want = dict(model_type="vit", architectures=["ViTForImageClassification"], hidden_act="gelu")
    for key, value in want.items():
        if hf.get(key) != value:
            raise SystemExit(f"config.json: {key} is {hf.get(key)!r}, not {value!r}")
    labels = [hf["id2label"][str(i)] for i in range(len(hf["id2label"]))]
    if "label2id" in hf and hf["label2id"] != {name: i for i, name in enumerate(labels)}:
        raise SystemExit("config.json: label2id is not the inverse of id2label")
    return labels, cases.config(hf["num_channels"], pair(hf["image_size"]), pair(hf["patch_size"]), hf["hidden_size"],
                                hf["num_hidden_layers"], hf["num_attention_heads"], hf["intermediate_size"],
                                len(labels), eps=hf["layer_norm_eps"], qkv_bias=hf.get("qkv_bias", True))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("modeldir", type=pathlib.Path)
    parser.add_argument("input", type=pathlib.Path)
    args = parser.parse_args()

    labels, c = configuration(json.loads((args.modeldir / "config.json").read_text()))
    square = len(set(c["shape"])) == len(set(c["patch"])) == 1  # all that torchvision takes
    model = models.build(c, "torchvision" if square else "encoder")
    models.load(model, safetensors_file.read(args.modeldir / "model.safetensors"), c["qkv_bias"])
    images = np.fromfile(args.input, "<f4").reshape(-1, c["channels"], *c["shape"])
    seen = []
    model.parts["head"].register_forward_hook(lambda head, inputs, output: seen.append(inputs[0]))
    with torch.no_grad():
        logits = model(torch.from_numpy(images).double())
    print(json.dumps(dict(labels=labels, logits=logits.tolist(), features=seen[0].tolist())))


if __name__ == "__main__":
    main()
