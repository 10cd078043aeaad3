#!/usr/bin/env python3
"""Writes calibrate.json: temperatures that torch's LBFGS and scipy find for the
losses of torch, in float64.

    /usr/bin/python3 make_calibrate.py        (Debian's python3-torch 1.13, python3-scipy 1.10)
"""
import json
import pathlib

import numpy as np
import torch
import torch.nn.functional as F
from scipy.optimize import minimize_scalar

rng = np.random.default_rng(5)


def fit(loss, n):
    """T of the loss; where that is below 1, of the loss smoothed by 1/(n+1), but 1 at most."""
    one = torch.ones((), dtype=torch.float64, requires_grad=True)
    loss(one, 0).backward()
    if one.grad < 0:
        return minimise(lambda t: loss(t, 0))
    return min(1, minimise(lambda t: loss(t, 1 / (n + 1))))


def minimise(loss):
    """The T that torch's LBFGS finds, which scipy has to confirm."""
    log_t = torch.zeros((), dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.LBFGS([log_t], max_iter=500, tolerance_grad=1e-12, tolerance_change=1e-15, line_search_fn="strong_wolfe")

    def closure():
        optimiser.zero_grad()
        value = loss(torch.exp(log_t))
        value.backward()
        return value

    optimiser.step(closure)
    t = float(torch.exp(log_t))
    other = minimize_scalar(lambda x: float(loss(torch.tensor(np.exp(x)))), bounds=(-5, 5), method="bounded", options=dict(xatol=1e-10))
    assert abs(np.log(t) - other.x) < 1e-5, (t, np.exp(other.x))
    return t


def classes(name, n, k, scale, noise, shift=None):
    labels = rng.integers(0, k, n)
    logits = rng.normal(size=(n, k)) * noise
    logits[np.arange(n), labels] += 2
    logits = (logits * scale).astype(np.float32)
    z, y = torch.tensor(logits, dtype=torch.float64), torch.tensor(labels)
    s = torch.tensor(shift or [0.0] * k, dtype=torch.float64)
    t = fit(lambda t, e: F.cross_entropy(z / t + s, y, label_smoothing=e), n)
    before, after = (float(F.cross_entropy(z / x + s, y)) for x in (1, t))
    return dict(case=name, n=k, logits=logits.ravel().tolist(), targets=np.eye(k)[labels].ravel().tolist(), shift=shift,
                temperature=t, before=before, after=after)


def labels():
    n, k = 60, 3
    y = (rng.random((n, k)) < 0.4).astype(float)
    logits = ((rng.normal(size=(n, k)) + 2 * y - 1) * 5).astype(np.float32)
    known = rng.random((n, k)) < 0.8
    z, t = torch.tensor(logits[known], dtype=torch.float64), torch.tensor(y[known])
    temperature = fit(lambda x, e: F.binary_cross_entropy_with_logits(z / x, (1 - e) * t + e / 2), known.sum())
    targets = [float(v) if ok else None for v, ok in zip(y.ravel(), known.ravel())]
    return dict(logits=logits.ravel().tolist(), targets=targets, temperature=temperature)


out = dict(
    classes=[
        classes("bold", 200, 4, 4, 1.2),
        classes("timid", 200, 3, 0.3, 1),
        classes("shifted", 300, 3, 2, 1, [float(np.log(x)) for x in (2.4, 0.5, 0.1)]),
        classes("never wrong, timid", 25, 2, 0.3, 0.1),
        classes("never wrong, bold", 25, 2, 3, 0.1),
    ],
    labels=labels(),
)
pathlib.Path(__file__).with_name("calibrate.json").write_text(json.dumps(out, separators=(",", ":")) + "\n")
print({c["case"]: (c["temperature"], c["before"], c["after"]) for c in out["classes"]}, out["labels"]["temperature"])
