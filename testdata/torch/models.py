"""The oracles: Vision Transformers out of torch's and torchvision's own layers."""
import numpy as np
import torch
from torch import nn
from torchvision.models import VisionTransformer

import hashed


def torchvision_vit(c):
    """torchvision's VisionTransformer, its stem replaced for other bands than RGB."""
    assert (c["class_token"], c["pool"], c["positions"], c["post_norm"]) == (True, "cls", "learned", False)
    (side, width), (patch, patch_width) = c["shape"], c["patch"]
    assert side == width and patch == patch_width, "torchvision takes squares only"
    model = VisionTransformer(image_size=side, patch_size=patch, num_layers=c["depth"], num_heads=c["heads"],
                              hidden_dim=c["dim"], mlp_dim=c["hidden"], num_classes=c["classes"],
                              norm_layer=lambda d: nn.LayerNorm(d, eps=c["eps"]))
    if c["channels"] != 3:
        model.conv_proj = nn.Conv2d(c["channels"], c["dim"], patch, stride=patch)
    # Where the rest of this file finds the parts, under one name for both models.
    object.__setattr__(model, "parts", dict(
        cls=model.class_token, positions=model.encoder.pos_embedding, stem=model.conv_proj,
        blocks=[dict(module=b, norm1=b.ln_1, attention=b.self_attention, norm2=b.ln_2, fc1=b.mlp[0], fc2=b.mlp[3])
                for b in model.encoder.layers],
        norm=model.encoder.ln, head=model.heads.head))
    return model


class EncoderViT(nn.Module):
    """What torchvision lacks (post-LN, mean pooling, other positions, any number of
    axes), out of nn.TransformerEncoderLayer and nn.Conv1d, 2d or 3d."""

    def __init__(self, c):
        super().__init__()
        self.c, D = c, c["dim"]
        conv = {1: nn.Conv1d, 2: nn.Conv2d, 3: nn.Conv3d}[len(c["shape"])]
        self.stem = conv(c["channels"], D, tuple(c["patch"]), stride=tuple(c["patch"]))
        self.cls = nn.Parameter(torch.zeros(1, 1, D)) if c["class_token"] else None
        if c["positions"] == "learned":
            self.positions = nn.Parameter(torch.zeros(1, hashed.tokens(c), D))
        else:
            self.positions = {"sinusoidal": sinusoidal, "sincos2d": sincos2d}[c["positions"]](c)
        self.blocks = nn.ModuleList(
            nn.TransformerEncoderLayer(D, c["heads"], c["hidden"], dropout=0, activation="gelu", batch_first=True,
                                       norm_first=not c["post_norm"], layer_norm_eps=c["eps"])
            for _ in range(c["depth"]))
        self.norm = None if c["post_norm"] else nn.LayerNorm(D, eps=c["eps"])
        self.head = nn.Linear(D, c["classes"])
        object.__setattr__(self, "parts", dict(
            cls=self.cls, positions=self.positions if c["positions"] == "learned" else None, stem=self.stem,
            blocks=[dict(module=b, norm1=b.norm1, attention=b.self_attn, norm2=b.norm2, fc1=b.linear1, fc2=b.linear2)
                    for b in self.blocks],
            norm=self.norm, head=self.head))

    def embed(self, x):
        x = self.stem(x).flatten(2).transpose(1, 2)
        if self.cls is not None:
            x = torch.cat([self.cls.expand(len(x), -1, -1), x], 1)
        return x + self.positions

    def forward(self, x):
        x = self.embed(x)
        for block in self.blocks:
            x = block(x)
        x = x[:, 0] if self.c["pool"] == "cls" else x[:, self.c["class_token"]:].mean(1)
        return self.head(self.norm(x) if self.norm is not None else x)


def sinusoidal(c):
    """Vaswani et al. 2017, section 3.5."""
    D = c["dim"]
    at = torch.arange(hashed.tokens(c), dtype=torch.float64)[:, None] / 10000 ** (
        torch.arange(0, D, 2, dtype=torch.float64) / D)
    return torch.stack([at.sin(), at.cos()], 2).reshape(1, -1, D)


def sincos2d(c):
    """MAE's get_2d_sincos_pos_embed: columns first ("here w goes first"), then rows."""
    rows, cols = (s // p for s, p in zip(c["shape"], c["patch"]))
    half = c["dim"] // 2

    def one_axis(at):
        omega = 1 / 10000 ** (np.arange(half // 2) / (half / 2))
        out = np.einsum("m,d->md", at.reshape(-1), omega)
        return np.concatenate([np.sin(out), np.cos(out)], 1)

    grid = np.meshgrid(np.arange(cols), np.arange(rows))
    table = np.concatenate([one_axis(grid[0]), one_axis(grid[1])], 1)
    if c["class_token"]:
        table = np.concatenate([np.zeros((1, 2 * half)), table])
    return torch.tensor(table)[None]


def build(c, oracle):
    """The model of a configuration in float64, its weights not yet set."""
    return {"torchvision": torchvision_vit, "encoder": EncoderViT}[oracle](c).double().train()


def places(model, qkv_bias=True):
    """Hugging Face name -> (torch parameter, rows of it)."""
    parts, whole, out = model.parts, slice(None), {}

    def both(name, module):
        out[name + ".weight"], out[name + ".bias"] = (module.weight, whole), (module.bias, whole)

    if parts["cls"] is not None:
        out["vit.embeddings.cls_token"] = parts["cls"], whole
    if parts["positions"] is not None:
        out["vit.embeddings.position_embeddings"] = parts["positions"], whole
    both("vit.embeddings.patch_embeddings.projection", parts["stem"])
    for i, b in enumerate(parts["blocks"]):
        p, qkv = f"vit.encoder.layer.{i}.", b["attention"]
        both(p + "layernorm_before", b["norm1"])
        for k, part in enumerate(("query", "key", "value")):
            rows = slice(k * qkv.embed_dim, (k + 1) * qkv.embed_dim)
            out[f"{p}attention.attention.{part}.weight"] = qkv.in_proj_weight, rows
            if qkv_bias:  # torch always has them; without, they stay zero
                out[f"{p}attention.attention.{part}.bias"] = qkv.in_proj_bias, rows
        both(p + "attention.output.dense", qkv.out_proj)
        both(p + "layernorm_after", b["norm2"])
        both(p + "intermediate.dense", b["fc1"])
        both(p + "output.dense", b["fc2"])
    if parts["norm"] is not None:
        both("vit.layernorm", parts["norm"])
    both("classifier", parts["head"])
    return out


def load(model, tensors, qkv_bias=True):
    """Sets every parameter of the model; tensors must fit exactly."""
    where = places(model, qkv_bias)
    if missing := sorted(set(where) - set(tensors)):
        raise SystemExit("missing tensors: " + ", ".join(missing))
    if left := sorted(set(tensors) - set(where)):
        raise SystemExit("left over tensors: " + ", ".join(left))
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.zero_()
        for name, (parameter, rows) in where.items():
            if parameter[rows].shape != tensors[name].shape:
                raise SystemExit(f"{name} is {list(tensors[name].shape)}, not {list(parameter[rows].shape)}")
            parameter[rows] = torch.from_numpy(tensors[name])


def rollout(model, c, images):
    """Attention rollout (Abnar & Zuidema 2020) with torch's own head-averaged attention."""
    with torch.no_grad():
        if isinstance(model, EncoderViT):
            x = model.embed(images)
        else:
            x = model._process_input(images)
            x = torch.cat([model.class_token.expand(len(x), -1, -1), x], 1) + model.encoder.pos_embedding
        flow = torch.eye(x.shape[1], dtype=x.dtype)
        for b in model.parts["blocks"]:
            n = x if c["post_norm"] else b["norm1"](x)
            a = b["attention"](n, n, n, need_weights=True)[1]
            a = (a + torch.eye(x.shape[1], dtype=x.dtype)) / 2
            flow = (a / a.sum(-1, keepdim=True)) @ flow
            x = b["module"](x)
    skip = 1 if c["class_token"] else 0
    return flow[:, 0, skip:] if c["pool"] == "cls" else flow[:, skip:, skip:].mean(1)
