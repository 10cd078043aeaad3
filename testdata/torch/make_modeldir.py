#!/usr/bin/python3
"""Writes a model directory as timm or Hugging Face would, of a model in cases.py,
so that loading it can be held to that model's logits in goldens.json.

    python3 testdata/torch/make_modeldir.py timm|hf OUTDIR [--case five-bands]

Any 2-D, pre-LN model with learned positions will do; "hf" also wants the class
token pooled. Normalisation is the identity: pixels enter as they are.
"""
import argparse
import json
import pathlib
import sys

sys.dont_write_bytecode = True  # leave no cache in the repository
import numpy as np

import cases
import hashed
import safetensors_file


def timm_tensors(c, w):
    """timm's names (vision_transformer.py): query, key and value in one tensor; the
    last norm is called fc_norm where patches are averaged."""
    out = {}

    def both(name, source):
        out[name + ".weight"], out[name + ".bias"] = w[source + ".weight"], w[source + ".bias"]

    if c["class_token"]:
        out["cls_token"] = w["vit.embeddings.cls_token"]
    out["pos_embed"] = w["vit.embeddings.position_embeddings"]
    both("patch_embed.proj", "vit.embeddings.patch_embeddings.projection")
    for i in range(c["depth"]):
        t, p = f"blocks.{i}.", f"vit.encoder.layer.{i}."
        both(t + "norm1", p + "layernorm_before")
        for kind in ("weight", "bias") if c["qkv_bias"] else ("weight",):
            out[f"{t}attn.qkv.{kind}"] = np.concatenate(
                [w[f"{p}attention.attention.{part}.{kind}"] for part in ("query", "key", "value")])
        both(t + "attn.proj", p + "attention.output.dense")
        both(t + "norm2", p + "layernorm_after")
        both(t + "mlp.fc1", p + "intermediate.dense")
        both(t + "mlp.fc2", p + "output.dense")
    both("norm" if c["pool"] == "cls" else "fc_norm", "vit.layernorm")
    both("head", "classifier")
    return out


def timm_config(c):
    pool = {"cls": "token", "mean": "avg"}[c["pool"]]
    args = dict(img_size=c["shape"], patch_size=c["patch"], in_chans=c["channels"], embed_dim=c["dim"],
                depth=c["depth"], num_heads=c["heads"], mlp_ratio=c["hidden"] / c["dim"], qkv_bias=c["qkv_bias"],
                class_token=c["class_token"], global_pool=pool)
    bands = c["channels"]
    return dict(architecture="vit_tiny_patch16_224", num_classes=c["classes"], num_features=c["dim"], global_pool=pool,
                model_args=args,
                pretrained_cfg=dict(tag="test", custom_load=False, input_size=[bands, *c["shape"]],
                                    fixed_input_size=True, interpolation="bicubic", crop_pct=1.0, crop_mode="center",
                                    mean=[0.0] * bands, std=[1.0] * bands, num_classes=c["classes"], pool_size=None,
                                    first_conv="patch_embed.proj", classifier="head"))


def hf_config(c):
    labels = [f"LABEL_{i}" for i in range(c["classes"])]
    image, patch = (size[0] if size[0] == size[1] else size for size in (c["shape"], c["patch"]))
    return dict(architectures=["ViTForImageClassification"], model_type="vit", hidden_size=c["dim"],
                num_hidden_layers=c["depth"], num_attention_heads=c["heads"], intermediate_size=c["hidden"],
                hidden_act="gelu", hidden_dropout_prob=0.0, attention_probs_dropout_prob=0.0, initializer_range=0.02,
                layer_norm_eps=c["eps"], image_size=image, patch_size=patch,
                num_channels=c["channels"], qkv_bias=c["qkv_bias"], encoder_stride=16,
                id2label={str(i): name for i, name in enumerate(labels)},
                label2id={name: i for i, name in enumerate(labels)})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", choices=["timm", "hf"])
    parser.add_argument("outdir", type=pathlib.Path)
    parser.add_argument("--case", default="five-bands", choices=[case[0] for case in cases.CASES])
    args = parser.parse_args()

    _, _, seed, _, c, _ = next(case for case in cases.CASES if case[0] == args.case)
    if len(c["shape"]) != 2 or c["post_norm"] or c["positions"] != "learned":
        parser.error(f"{args.case} is not 2-D, pre-LN, with learned positions")
    if args.names == "timm" and c["eps"] != 1e-6:
        parser.error(f"{args.case} has another LayerNorm eps than timm's")
    if args.names == "hf" and c["pool"] != "cls":
        parser.error(f"{args.case} averages patches, which Hugging Face's ViT does not")
    tensors, config = hashed.weights(c, seed), hf_config(c)
    if args.names == "timm":
        tensors, config = timm_tensors(c, tensors), timm_config(c)
    args.outdir.mkdir(parents=True, exist_ok=True)
    (args.outdir / "config.json").write_text(json.dumps(config, indent=2) + "\n")
    safetensors_file.write(args.outdir / "model.safetensors", tensors)


if __name__ == "__main__":
    main()
