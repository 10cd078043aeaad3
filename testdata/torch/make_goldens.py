#!/usr/bin/python3
"""Writes goldens.json beside itself: what torch and torchvision make of the models
in cases.py, in float64: logits, loss, gradients and attention rollout.

    python3 testdata/torch/make_goldens.py

Needs torch and torchvision (Debian: python3-torch, python3-torchvision). Weights
and images come from hashed.py and are not stored; of gradients only a digest is.
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


def loss(target, logits):
    if target["loss"] == "cross_entropy":
        weight = target["weight"] and torch.tensor(target["weight"], dtype=logits.dtype)
        return F.cross_entropy(logits, torch.tensor(target["labels"]), weight, label_smoothing=target["smoothing"])
    values = torch.tensor([float("nan") if v is None else v for v in target["values"]], dtype=logits.dtype)
    if target["loss"] == "votes":
        return dirichlet_multinomial(target["answers"], 1 + 100 * logits.sigmoid(), values.view_as(logits))
    known = ~values.isnan()
    if target["loss"] == "bce":
        return F.binary_cross_entropy_with_logits(logits.flatten()[known], values[known])
    mean, log_variance = logits.chunk(2, dim=1)
    return F.gaussian_nll_loss(mean.flatten()[known], values[known], log_variance.flatten()[known].exp())


def dirichlet_multinomial(answers, concentrations, votes):
    """The mean negative log likelihood of the questions that have a vote, as Zoobot has it from Pyro's
    DirichletMultinomial."""
    total, asked = 0, 0
    for a, k in zip(concentrations.split(answers, dim=1), votes.split(answers, dim=1)):
        beta = lambda a, k: torch.lgamma(1 + k) + torch.lgamma(a) - torch.lgamma(k + a)
        loss = beta(a, k).sum(1) - beta(a.sum(1), k.sum(1))
        total = total + loss[k.sum(1) > 0].sum()
        asked += (k.sum(1) > 0).sum()
    return total / asked


def golden(name, oracle, seed, batch, config, target):
    model = models.build(config, oracle)
    models.load(model, hashed.weights(config, seed), config["qkv_bias"])
    images = torch.from_numpy(hashed.images(config, seed, batch))
    logits = model(images)
    value = loss(target, logits)
    value.backward()
    gradients = {n: hashed.digest(p.grad[rows]) for n, (p, rows) in models.places(model, config["qkv_bias"]).items()}
    return dict(name=name, oracle=oracle, config=config, seed=seed, batch=batch, target=target,
                logits=logits.flatten().tolist(), value=value.item(), gradients=gradients,
                rollout=models.rollout(model, config, images).flatten().tolist())


def dumps(goldens):
    """A golden a line."""
    return "[\n" + ",\n".join(json.dumps(g, separators=(",", ":")) for g in goldens) + "\n]\n"


if __name__ == "__main__":
    out = pathlib.Path(__file__).with_name("goldens.json")
    out.write_text(dumps([golden(*case) for case in cases.CASES]))
