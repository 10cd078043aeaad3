#!/usr/bin/env python3
"""Writes votes.json: what scipy and scikit-learn say of votes on three questions, some of which nobody or few were asked.

    /usr/bin/python3 make_votes.py        (Debian's python3-scipy, 1.10, and python3-sklearn, 1.2)

Logits and votes are exact in float32.
"""
import json
import pathlib

import numpy as np
from scipy import special, stats
from sklearn import metrics as sk

rng = np.random.default_rng(30)
FEW = 10
QUESTIONS = {"smooth": ["smooth_yes", "smooth_no"], "bar": ["bar_strong", "bar_weak", "bar_no"], "ring": ["ring_yes", "ring_no"]}


def log_loss(votes, alpha):
    if len(votes) == 2:
        return -stats.betabinom(votes.sum(), *alpha).logpmf(votes[0])
    beta = lambda a, k: special.gammaln(k + 1) + special.gammaln(a) - special.gammaln(a + k)
    return beta(alpha, votes).sum() - beta(alpha.sum(), votes.sum())


def draw(n):
    logits, votes = [], []
    for i in range(n):
        asked = 40
        for name, answers in QUESTIONS.items():
            z = np.round(rng.normal(-1, 2, len(answers)) * 64) / 64
            k = rng.multinomial(asked if name != "ring" else 6, rng.dirichlet(1 + 100 * special.expit(z)))
            asked = k[-1] if i % 3 else 0
            logits.append(z)
            votes.append(k)
    return np.concatenate(logits).reshape(n, -1), np.concatenate(votes).reshape(n, -1)


def question(name, answers, z, votes):
    alpha = 1 + 100 * special.expit(z)
    total = votes.sum(1)
    many = total >= FEW
    loss = [log_loss(k, a) for k, a in zip(votes, alpha) if k.sum() > 0]
    p = (alpha / alpha.sum(1, keepdims=True))[many]
    n, a0 = total[many, None], alpha.sum(1, keepdims=True)[many]
    variance = n * p * (1 - p) * (n + a0) / (1 + a0) / n**2  # of a Dirichlet-multinomial count, over n²
    true = votes[many] / n
    columns = [
        dict(
            name=answer,
            n=int(many.sum()),
            rmse=sk.mean_squared_error(true[:, j], p[:, j]) ** 0.5 if many.any() else None,
            mae=sk.mean_absolute_error(true[:, j], p[:, j]) if many.any() else None,
            bias=float((p - true)[:, j].mean()) if many.any() else None,
            r2=sk.r2_score(true[:, j], p[:, j]) if many.any() else None,
            reduced_chi2=float(((p - true) ** 2 / variance)[:, j].mean()) if many.any() else None,
            nll=float(-stats.norm.logpdf(true, p, np.sqrt(variance))[:, j].mean()) if many.any() else None,
        )
        for j, answer in enumerate(answers)
    ]
    return loss, dict(
        name=name,
        n=len(loss),
        log_loss=float(np.mean(loss)),
        mae=sk.mean_absolute_error(true, p) if many.any() else None,
        mean_mae=sk.mean_absolute_error(true, np.broadcast_to(true.mean(0), true.shape)) if many.any() else None,
        answers=columns,
    )


logits, votes = draw(50)
losses, questions, first = [], [], 0
for name, answers in QUESTIONS.items():
    part = slice(first, first + len(answers))
    loss, score = question(name, answers, logits[:, part], votes[:, part])
    losses += loss
    questions.append(score)
    first += len(answers)
out = dict(logits=logits.ravel().tolist(), votes=votes.ravel().tolist(),
           report=dict(n=len(votes), log_loss=float(np.mean(losses)), questions=questions))
path = pathlib.Path(__file__).with_name("votes.json")
path.write_text(json.dumps(out, separators=(",", ":")) + "\n")
