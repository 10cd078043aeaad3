"""Makes stretch.json: limits and stretches by astropy.visualization.

    python3 testdata/make_stretch.py       (astropy 5.2, numpy)

Samples are made by arithmetic that is exact in every language: see sample here
and in stretch_test.go.
"""
import json
import os

import numpy as np
from astropy.visualization import AsinhStretch, LogStretch, ZScaleInterval, make_lupton_rgb


def uniform(state):
    """A stream of numbers in 0..1 (ANSI C's rand)."""
    while True:
        state = (state * 1103515245 + 12345) % 2**31
        yield state / 2**31


def sample(kind, n):
    """n float32: noise about 10 of sigma 1 and, for one in tail, a source."""
    u = uniform(n)
    tail = {"noise": 0, "field": 10, "crowded": 2, "steps": 10}[kind]
    x = []
    for i in range(n):
        v = 10 + sum(next(u) for _ in range(12)) - 6
        if tail and i % tail == 0:
            v += 1 / (next(u) + 0.001)
        if kind == "steps":
            v = np.floor(v)
        x.append(v)
    return np.array(x, np.float32)


zscale = []
for kind in ["noise", "field", "crowded", "steps"]:
    for n in [1, 4, 9, 700, 1000, 2500, 10007]:
        low, high = ZScaleInterval().get_limits(sample(kind, n).astype(float))
        zscale.append({"kind": kind, "n": n, "low": float(low), "high": float(high)})

LOW, HIGH, SOFT = 9.0, 40.0, 2.5
x = sample("field", 200).astype(float)
t = (x - LOW) / (HIGH - LOW)
asinh = AsinhStretch(SOFT / (HIGH - LOW))(t, clip=False)
log = LogStretch(1000)(t, clip=True)

MINIMUM, STRETCH, Q = [9.0, 9.5, 10.0], 3.0, 8.0
rgb = sample("crowded", 300).astype(float).reshape(3, 100)
lupton = make_lupton_rgb(*rgb.reshape(3, 10, 10), minimum=MINIMUM, stretch=STRETCH, Q=Q)

with open(os.path.join(os.path.dirname(__file__), "stretch.json"), "w") as f:
    json.dump({
        "zscale": zscale,
        "curves": {"low": LOW, "high": HIGH, "soft": SOFT,
                   "asinh": np.round(asinh, 9).tolist(), "log": np.round(log, 9).tolist()},
        "lupton": {"minimum": MINIMUM, "stretch": STRETCH, "Q": Q,
                   "rgb": lupton.transpose(2, 0, 1).reshape(3, 100).tolist()},
    }, f, separators=(",", ":"))
    f.write("\n")
