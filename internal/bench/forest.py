"""A random forest over the folds of a set of galaxies, the peer of what vit-train --task regress learns from it.

    forest.py CATALOG.csv COLUMN,... FOLDS.csv

FOLDS.csv (id_str, fold) is that of `vit-train --folds`. For each fold and each column scikit-learn's forest of 500 trees is
trained on all others. It sees the brightness in ten apertures about the middle (asinh, in units of the noise), three ratios
of them, and of the second moments under three Gaussian windows (Bernstein & Jarvis 2002) the size, the axis ratio and the
ellipticity. Each line of the output is JSON: R2 of the columns in a fold, and at last mean and standard deviation (n-1).

Debian's python3-astropy and python3-sklearn.
"""

import csv
import json
import pathlib
import sys

import numpy as np
from astropy.io import fits
from sklearn.ensemble import RandomForestRegressor
from sklearn.metrics import r2_score

APERTURES = (2, 4, 6, 8, 12, 16, 24, 32, 48, 64)  # radii in pixels
WINDOWS = (4, 8, 16)  # standard deviations in pixels


def features(path):
    """Of one object in the middle of a FITS image."""
    pixels = np.nan_to_num(fits.getdata(path).astype(float))
    pixels -= np.median(pixels)
    noise = 1.4826 * np.median(abs(pixels))
    y, x = np.indices(pixels.shape) - (np.array(pixels.shape)[:, None, None] - 1) / 2
    radius = np.hypot(x, y)
    flux = [np.arcsinh(pixels[radius < r].sum() / noise) for r in APERTURES]
    found = flux + [flux[0] - flux[4], flux[2] - flux[6], flux[4] - flux[8]]
    for sigma in WINDOWS:
        weight = np.exp(-(radius**2) / 2 / sigma**2) * np.clip(pixels, 0, None)
        mean = lambda values: (weight * values).sum() / weight.sum()
        dx, dy = x - mean(x), y - mean(y)
        xx, yy, xy = mean(dx * dx), mean(dy * dy), mean(dx * dy)
        size, stretch = xx + yy, np.hypot(xx - yy, 2 * xy)
        found += [np.sqrt(size), np.sqrt(max(size - stretch, 0) / (size + stretch)), stretch / size]
    return found


def main():
    catalogue, columns, folds = pathlib.Path(sys.argv[1]), sys.argv[2].split(","), sys.argv[3]
    with open(folds, newline="") as file:
        fold_of = {row["id_str"]: int(row["fold"]) for row in csv.DictReader(file)}
    with open(catalogue, newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["id_str"] in fold_of]
    if len(rows) != len(fold_of):
        raise SystemExit(f"{len(fold_of) - len(rows)} of {len(fold_of)} ids of the folds are not in {catalogue}")
    x = np.array([features(catalogue.parent / row["file_loc"]) for row in rows])
    y = np.array([[float(row[c]) for c in columns] for row in rows])
    fold = np.array([fold_of[row["id_str"]] for row in rows])
    scores = []
    for k in sorted(set(fold)):
        test = fold == k
        forests = [RandomForestRegressor(500, random_state=0).fit(x[~test], y[~test, j]) for j in range(len(columns))]
        scores.append([r2_score(y[test, j], forest.predict(x[test])) for j, forest in enumerate(forests)])
        print(json.dumps({"fold": int(k), "train": int((~test).sum()), "test": int(test.sum()), "r2": dict(zip(columns, scores[-1]))}), flush=True)
    print(json.dumps({"mean": dict(zip(columns, np.mean(scores, 0))), "std": dict(zip(columns, np.std(scores, 0, ddof=1)))}))


if __name__ == "__main__":
    main()
