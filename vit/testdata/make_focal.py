#!/usr/bin/env python3
"""Writes focal.json: the focal loss of Lin et al. (2017), written down as it stands in the paper, and its
gradient by torch's autograd in float64.

    /usr/bin/python3 make_focal.py        (Debian's python3-torch 1.13)
"""
import json
import pathlib

import torch
import torch.nn.functional as F

torch.manual_seed(3)


def numbers(x):
    return [None if v != v else v for v in x.flatten().tolist()]


def result(name, gamma, logits, targets, loss, **other):
    loss.backward()
    return dict(name=name, gamma=gamma, logits=numbers(logits), targets=numbers(targets), loss=loss.item(), gradient=numbers(logits.grad), **other)


def classes(name, gamma, targets, weights, smoothing, logits):
    targets, weights = torch.tensor(targets).double(), torch.tensor(weights).double()
    logits.requires_grad_()
    log_p = F.log_softmax(logits, 1)
    q = weights * ((1 - smoothing) * targets + smoothing / len(weights))
    loss = -(q * (1 - log_p.exp()) ** gamma * log_p).sum() / (targets * weights).sum()
    if gamma == 0:
        assert torch.allclose(loss, F.cross_entropy(logits, targets.argmax(1), weights, label_smoothing=smoothing))
    return result(name, gamma, logits, targets, loss, weights=weights.tolist(), smoothing=smoothing)


def labels(name, gamma, targets, logits):
    targets = torch.tensor([[float("nan") if v is None else v for v in row] for row in targets]).double()
    logits.requires_grad_()
    known = ~targets.isnan()
    z, y = logits[known], targets[known]
    p = z.sigmoid()
    terms = -y * (1 - p) ** gamma * F.logsigmoid(z) - (1 - y) * p ** gamma * F.logsigmoid(-z)
    return result(name, gamma, logits, targets, terms.mean())


def random(*shape):
    return (3 * torch.randn(*shape)).float().double()  # float32 numbers, exactly


one_hot = [[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1]]
mixed = [[0.25, 0, 0.75, 0], [0, 0.5, 0, 0.5], [0, 1, 0, 0]]
far = torch.tensor([[30.0, -30, 0, 2], [-25, 25, 1, 0], [8, 8, -8, -8]]).double()
out = dict(
    classes=[
        classes("cross-entropy", 0, one_hot, [1, 2, 0.5, 3], 0.1, random(3, 4)),
        classes("the paper's", 2, one_hot, [1, 1, 1, 1], 0, random(3, 4)),
        classes("weighted and smoothed", 2, one_hot, [1, 2, 0.5, 3], 0.1, random(3, 4)),
        classes("mixed", 1, mixed, [1, 2, 0.5, 3], 0.1, random(3, 4)),
        classes("below one", 0.5, mixed, [1, 1, 1, 1], 0, random(3, 4)),
        classes("far apart", 2, one_hot, [1, 1, 1, 1], 0.1, far),
    ],
    labels=[
        labels("cross-entropy", 0, [[1, 0, None], [0.25, 1, 0]], random(2, 3)),
        labels("the paper's", 2, [[1, 0, None], [0, 1, 0]], random(2, 3)),
        labels("mixed", 1.5, [[0.25, 0.5, None], [0.75, 1, 0]], random(2, 3)),
        labels("below one", 0.5, [[1, 0, 0.5], [None, 1, 0]], random(2, 3)),
    ],
)
pathlib.Path(__file__).with_name("focal.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
