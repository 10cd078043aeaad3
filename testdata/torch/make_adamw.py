#!/usr/bin/python3
"""Writes adamw.json beside itself: ten training steps of a small torchvision
VisionTransformer with torch.optim.AdamW, in float64.

    python3 testdata/torch/make_adamw.py

Each step is cross-entropy with label smoothing, clip_grad_norm_, AdamW with weight
decay on matrices only. Weights and batches come from hashed.py.
"""
import json
import pathlib
import sys

sys.dont_write_bytecode = True  # leave no cache in the repository
import torch
import torch.nn.functional as F

import cases
import hashed
import models

CONFIG = cases.config(2, [16, 16], [4, 4], 24, 2, 3, 48, 4)
SEED, BATCH, STEPS, SMOOTHING = 21, 6, 10, 0.1
CLIP = 1.5  # early steps are clipped, late ones are not
ADAMW = dict(lr=3e-3, beta1=0.9, beta2=0.999, eps=1e-8, decay=0.05)


def train():
    model = models.build(CONFIG, "torchvision")
    models.load(model, hashed.weights(CONFIG, SEED))
    # torch keeps query, key and value in one tensor; all of it decays or none.
    decayed, kept = [], []
    seen = set()
    for name, (parameter, _) in models.places(model).items():
        if id(parameter) not in seen:
            seen.add(id(parameter))
            (decayed if hashed.decays(name, parameter.shape) else kept).append(parameter)
    assert len(seen) == len(list(model.parameters()))
    optimizer = torch.optim.AdamW([{"params": decayed}, {"params": kept, "weight_decay": 0.0}], lr=ADAMW["lr"],
                                  betas=(ADAMW["beta1"], ADAMW["beta2"]), eps=ADAMW["eps"],
                                  weight_decay=ADAMW["decay"])
    labels, losses, norms = [], [], []
    for step in range(STEPS):
        images = torch.from_numpy(hashed.images(CONFIG, SEED, BATCH, f"images.{step}"))
        labels.append([(step + 3 * b) % CONFIG["classes"] for b in range(BATCH)])
        loss = F.cross_entropy(model(images), torch.tensor(labels[-1]), label_smoothing=SMOOTHING)
        optimizer.zero_grad()
        loss.backward()
        norms.append(torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP).item())
        losses.append(loss.item())
        optimizer.step()
    params = {n: hashed.digest(p.detach()[rows]) for n, (p, rows) in models.places(model).items()}
    return dict(config=CONFIG, seed=SEED, batch=BATCH, smoothing=SMOOTHING, clip=CLIP, **ADAMW, labels=labels,
                losses=losses, norms=norms, params=params)


if __name__ == "__main__":
    out = pathlib.Path(__file__).with_name("adamw.json")
    out.write_text(json.dumps(train(), separators=(",", ":")) + "\n")
