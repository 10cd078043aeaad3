#!/usr/bin/env python3
"""Writes metrics.json: what scikit-learn says of predictions with ties, absent
classes, classes never predicted and unknown labels.

    /usr/bin/python3 make_metrics.py        (Debian's python3-sklearn, 1.2)

A figure that scikit-learn refuses, warns about or replaces is null here.
"""
import json
import pathlib

import numpy as np
from scipy.stats import bootstrap, norm
from sklearn import metrics as sk

rng = np.random.default_rng(20)


def probabilities(n, k, labels, levels=None):
    """Softmax of noisy logits; rounded to a few levels to make ties."""
    logits = rng.normal(size=(n, k))
    logits[np.arange(n), labels] += 1.0
    p = np.exp(logits)
    p /= p.sum(1, keepdims=True)
    if levels:
        p = np.round(p * levels) + 0.5
        p /= p.sum(1, keepdims=True)
    return p


def number(x):
    return None if x is None or not np.isfinite(x) else float(x)


def ranks(positive, score):
    if positive.all() or not positive.any():
        return dict.fromkeys(["auroc", "average_precision", "tpr0", "tpr10", "tpr_at_fpr_1e-4", "purity_at_50", "purity_at_90"])
    fpr, tpr, _ = sk.roc_curve(positive, score, drop_intermediate=False)
    false = np.round(fpr * (~positive).sum())
    purity, completeness, _ = sk.precision_recall_curve(positive, score)  # thresholds rise
    reached = lambda c: purity[completeness >= c - 1e-12][-1]
    return {"tpr_at_fpr_1e-4": tpr[fpr <= 1e-4].max()} | dict(
        auroc=sk.roc_auc_score(positive, score),
        average_precision=sk.average_precision_score(positive, score),
        tpr0=tpr[false < 1].max(),
        tpr10=tpr[false < 10].max(),
        purity_at_50=reached(0.5),
        purity_at_90=reached(0.9),
    )


def ece(p, true, bins=15):
    """As github.com/gpleiss/temperature_scaling has it: bins (i/15, (i+1)/15]."""
    edges, total = np.linspace(0, 1, bins + 1), 0.0
    for low, high in zip(edges[:-1], edges[1:]):
        of = (p > low) & (p <= high) if low > 0 else p <= high
        if of.any():
            total += abs(p[of].mean() - true[of].mean()) * of.mean()
    return total


def score(name, positive, called, values):
    return dict(
        name=name,
        support=int(positive.sum()),
        precision=number(sk.precision_score(positive, called, zero_division=0)) if called.any() else None,
        recall=number(sk.recall_score(positive, called, zero_division=0)) if positive.any() else None,
        f1=number(sk.f1_score(positive, called, zero_division=0)) if (positive | called).any() else None,
        ece=ece(values, positive),
    ) | ranks(positive, values)


def classification(name, p, labels):
    n, k = p.shape
    predicted = p.argmax(1)
    macro = sk.precision_recall_fscore_support(labels, predicted, average="macro", zero_division=0)
    names = [f"c{i}" for i in range(k)]
    classes = [score(names[c], labels == c, predicted == c, p[:, c]) for c in range(k)]
    defined = lambda key: [c[key] for c in classes if c[key] is not None]
    if len(set(labels)) == k:
        auroc = sk.roc_auc_score(labels, p[:, 1]) if k == 2 else sk.roc_auc_score(labels, p, multi_class="ovr", average="macro")
        average = sk.average_precision_score(np.eye(k)[labels], p, average="macro")
    else:  # scikit-learn refuses: the mean of those that exist
        auroc, average = (float(np.mean(x)) if x else None for x in (defined("auroc"), defined("average_precision")))
    present = np.unique(labels)
    curve = None
    if 0 < (labels == 1).sum() < n:
        fpr, tpr, threshold = sk.roc_curve(labels == 1, p[:, 1], drop_intermediate=False)
        purity = sk.precision_recall_curve(labels == 1, p[:, 1])[0]
        assert len(purity) == len(fpr)
        # scikit-learn 1.2 begins at max + 1, later versions at infinity.
        curve = dict(fpr=fpr.tolist(), tpr=tpr.tolist(), purity=purity[::-1].tolist(), threshold=threshold[1:].tolist())
    return dict(
        case=name,
        probabilities=p.ravel().tolist(),
        labels=labels.tolist(),
        classes=names,
        curve_of_class_1=curve,
        report=dict(
            n=n,
            accuracy=sk.accuracy_score(labels, predicted),
            balanced_accuracy=float(np.mean([(predicted[labels == c] == c).mean() for c in present])),
            macro_precision=macro[0],
            macro_recall=macro[1],
            macro_f1=macro[2],
            auroc=auroc,
            average_precision=average,
            log_loss=sk.log_loss(labels, p, labels=range(k)),
            brier=sk.brier_score_loss(labels, p[:, 1], pos_label=1) if k == 2 else float(((p - np.eye(k)[labels]) ** 2).sum(1).mean()),
            ece=ece(p.max(1), predicted == labels),
            confusion=sk.confusion_matrix(labels, predicted, labels=range(k)).tolist(),
            classes=classes,
        ),
    )


def multilabel():
    n, k = 60, 4
    y = (rng.random((n, k)) < [0.5, 0.2, 0.7, 1.0]).astype(float)  # the last label is always set
    p = 1 / (1 + np.exp(-(rng.normal(size=(n, k)) + 2 * y - 1)))
    p[:, 1] = np.round(p[:, 1] * 4) / 4  # ties, some exactly at the threshold
    y[rng.random((n, k)) < 0.2] = np.nan
    y[7] = np.nan
    labels, loss = [], []
    for c in range(k):
        known = np.isfinite(y[:, c])
        truth, values = y[known, c] == 1, p[known, c]
        labels.append(score(f"l{c}", truth, values >= 0.5, values) | dict(known=int(known.sum())))
        right = np.clip(np.where(truth, values, 1 - values), 2.0**-52, 1)
        loss.extend(-np.log(right))
    known = np.isfinite(y)
    wrong = known & ((p >= 0.5) != (y == 1))
    rows = known.any(1)
    mean = lambda key: float(np.mean([l[key] for l in labels if l[key] is not None]))
    return dict(
        p=p.ravel().tolist(),
        y=[number(v) for v in y.ravel()],
        labels=[f"l{c}" for c in range(k)],
        report=dict(
            n=n,
            exact_match=float((~wrong.any(1))[rows].mean()),
            log_loss=float(np.mean(loss)),
            brier=sk.brier_score_loss(y[known], p[known]),
            ece=ece(p[known], y[known] == 1),
            macro_f1=mean("f1"),
            macro_auroc=mean("auroc"),
            macro_average_precision=mean("average_precision"),
            labels=labels,
        ),
    )


def regression():
    n, k = 40, 3
    y = rng.normal(size=(n, k)) * [1, 10, 0] + [0, 100, 3.1]  # the last column is constant
    sigma = rng.uniform(0.1, 0.5, size=(n, k))
    mu = y + sigma * rng.normal(size=(n, k)) + [0.1, -1, 0]
    y[rng.random((n, k)) < 0.15] = np.nan
    columns = []
    for c in range(k):
        keep = np.isfinite(y[:, c])
        t, m, s = y[keep, c], mu[keep, c], sigma[keep, c]
        columns.append(dict(
            name=f"k{c}",
            n=int(keep.sum()),
            rmse=sk.mean_squared_error(t, m) ** 0.5,
            mae=sk.mean_absolute_error(t, m),
            bias=float((m - t).mean()),
            r2=sk.r2_score(t, m) if len(set(t)) > 1 else None,
            reduced_chi2=float((((m - t) / s) ** 2).mean()),
            nll=float(-norm.logpdf(t, m, s).mean()),
        ))
    return dict(mu=mu.ravel().tolist(), sigma=sigma.ravel().tolist(), y=[number(v) for v in y.ravel()],
                columns=[f"k{c}" for c in range(k)], scores=columns)


def intervals():
    """Percentile intervals of scipy, each of 5,000 resamples, of rows and of groups of four rows."""
    n = 400
    labels = rng.integers(0, 2, n)
    p = np.round(probabilities(n, 2, labels), 3)
    p[:, 0] = 1 - p[:, 1]
    right = p.argmax(1) == labels
    groups = np.argsort(np.argsort(right + rng.normal(size=n), kind="stable")) // 4  # alike rows are together
    statistics = dict(
        accuracy=lambda p, y: ((p > 0.5) == y).mean(),
        macro_f1=lambda p, y: sk.f1_score(y, p > 0.5, average="macro"),
        auroc=lambda p, y: sk.roc_auc_score(y, p),
        brier=lambda p, y: ((p - y) ** 2).mean(),
    )
    ends = lambda data, f: list(bootstrap(data, f, n_resamples=5000, paired=True, vectorized=False, method="percentile",
                                          random_state=1).confidence_interval)
    means = np.array([right[groups == g].mean() for g in range(n // 4)])
    return dict(p=p.ravel().tolist(), labels=labels.tolist(), groups=groups.tolist(),
                of_rows={name: ends((p[:, 1], labels), f) for name, f in statistics.items()},
                of_groups=dict(accuracy=ends((means,), np.mean)))


def cases():
    labels = rng.integers(0, 4, 80)
    yield classification("four classes", probabilities(80, 4, labels), labels)
    labels = rng.integers(0, 2, 50)
    yield classification("two classes, ties", probabilities(50, 2, labels, levels=5), labels)
    labels = rng.integers(0, 3, 60)
    yield classification("three classes, many ties", probabilities(60, 3, labels, levels=3), labels)
    labels = rng.choice([0, 2, 3], 40)
    yield classification("class 1 absent but predicted", probabilities(40, 4, labels), labels)
    labels = rng.choice([0, 2], 40)
    p = probabilities(40, 4, labels)
    p[:, [1, 3]] *= 0.01
    p /= p.sum(1, keepdims=True)
    yield classification("classes 1 and 3 in neither", p, labels)
    labels = rng.integers(0, 3, 30)
    p = probabilities(30, 3, labels)
    p[:, 2] *= 0.01
    p /= p.sum(1, keepdims=True)
    yield classification("class 2 never predicted", p, labels)
    labels = np.zeros(10, int)
    yield classification("one class only", probabilities(10, 2, labels), labels)
    labels = rng.integers(0, 2, 12)
    yield classification("certain and wrong", np.eye(2)[1 - labels], labels)


out = dict(classification=list(cases()), multilabel=multilabel(), regression=regression(), intervals=intervals())
path = pathlib.Path(__file__).with_name("metrics.json")
path.write_text(json.dumps(out, indent=None, separators=(",", ":")) + "\n")
