"""Makes augment.json: pictures turned, moved and enlarged by torch, which scipy confirms, and blurred by scipy.

    python3 testdata/make_augment.py        (torch 1.13, scipy 1.10, numpy)

Both are asked in float64. A pose's output, q pixels off its centre, is the input
A (q - d) pixels off its own, A = 1/zoom [cos -sin; sin cos] [±1 0; 0 1].
"""
import json
import os

import numpy as np
import torch
from scipy.ndimage import affine_transform, gaussian_filter
from torch.nn.functional import affine_grid, grid_sample

POSES = [  # from, to (height, width); flip, degrees, zoom, dx, dy
    ((9, 9), (9, 9), False, 0, 1, 0, 0),
    ((9, 9), (9, 9), False, 90, 1, 0, 0),
    ((9, 9), (9, 9), False, 30, 1, 0, 0),
    ((8, 8), (8, 8), True, 45, 1, 1.5, -0.25),
    ((8, 8), (8, 8), False, 200, 1.25, 0, 2),
    ((8, 12), (8, 12), True, 310.5, 0.8, -3.25, 1),
    ((12, 7), (12, 7), False, 12, 0.9, 40, 0),
    ((13, 14), (7, 8), False, 45, 1, 0.5, 0.5),
    ((20, 18), (8, 10), True, 77, 1.1, -1, 2.5),
]
SIGMAS = [0.2, 0.5, 1, 2.3]


def matrix(flip, degrees, zoom):
    angle = np.radians(degrees)
    a = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]]) / zoom
    return a * [-1, 1] if flip else a


def torch_pose(x, to, a, d):
    # In torch an image reaches from -1 to 1 along each axis, x first.
    out, half = np.array(to[::-1]) / 2, np.array(x.shape[::-1]) / 2
    theta = np.hstack([a * out / half[:, None], (-(a @ d) / half)[:, None]])
    grid = affine_grid(torch.from_numpy(theta)[None], (1, 1) + to, align_corners=False)
    return grid_sample(torch.from_numpy(x)[None, None], grid, mode="bilinear", padding_mode="border", align_corners=False)[0, 0].numpy()


def scipy_pose(x, to, a, d):
    # Scipy's axes are y first.
    a, d = a[::-1, ::-1], np.array(d[::-1])
    offset = (np.array(x.shape) - 1) / 2 - a @ ((np.array(to) - 1) / 2 + d)
    return affine_transform(x, a, offset, to, order=1, mode="nearest")


def numbers(x):
    return np.round(x, 7).ravel().tolist()


rng = np.random.default_rng(20261124)
cases = {"poses": [], "blurs": []}
for size, to, flip, degrees, zoom, dx, dy in POSES:
    x, a, d = np.round(rng.normal(size=size), 3), matrix(flip, degrees, zoom), (dx, dy)
    want = torch_pose(x, to, a, d)
    np.testing.assert_allclose(scipy_pose(x, to, a, d), want, atol=1e-12)
    cases["poses"].append(dict(size=size, to=to, flip=flip, degrees=degrees, zoom=zoom, dx=dx, dy=dy, pixels=numbers(x), want=numbers(want)))
for size in (9, 7), (1, 12), (3, 3):
    x = np.round(rng.normal(size=size), 3)
    for sigma in SIGMAS:
        want = gaussian_filter(x, sigma, mode="nearest")
        cases["blurs"].append(dict(size=size, sigma=sigma, pixels=numbers(x), want=numbers(want)))

with open(os.path.join(os.path.dirname(__file__), "augment.json"), "w") as f:
    lines = (f'"{kind}":[\n' + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases[kind]) + "\n]" for kind in cases)
    f.write("{\n" + ",\n".join(lines) + "\n}\n")
