"""Makes resize.json: pictures resized by torch and by Pillow.

    python3 testdata/make_resize.py        (torch 1.13, Pillow 9.4, numpy)

torch is asked in float64; Pillow works on mode F, which is float32.
"""
import json
import os

import numpy as np
import torch
from PIL import Image
from torch.nn.functional import interpolate

SIZES = [  # (from, to), (height, width)
    ((6, 6), (6, 6)),
    ((7, 5), (21, 10)),
    ((8, 8), (5, 13)),
    ((14, 14), (16, 16)),
    ((16, 9), (4, 3)),
    ((1, 4), (3, 2)),
    ((23, 31), (2, 1)),
]


def torch_resize(x, size, mode, antialias):
    y = interpolate(torch.from_numpy(x)[None, None], size=size, mode=mode, align_corners=False, antialias=antialias)
    return y[0, 0].numpy()


def pillow_resize(x, size, resample):
    return np.asarray(Image.fromarray(x.astype(np.float32), mode="F").resize(size[::-1], resample))


METHODS = [  # who, filter, antialias, how
    ("torch", "bilinear", False, lambda x, s: torch_resize(x, s, "bilinear", False)),
    ("torch", "bicubic75", False, lambda x, s: torch_resize(x, s, "bicubic", False)),
    ("torch", "bilinear", True, lambda x, s: torch_resize(x, s, "bilinear", True)),
    ("torch", "bicubic", True, lambda x, s: torch_resize(x, s, "bicubic", True)),
    ("Pillow", "bilinear", True, lambda x, s: pillow_resize(x, s, Image.BILINEAR)),
    ("Pillow", "bicubic", True, lambda x, s: pillow_resize(x, s, Image.BICUBIC)),
]

rng = np.random.default_rng(20261124)
cases = []
for source, target in SIZES:
    x = np.round(rng.normal(0, 1, source), 3)
    cases.append({
        "from": source, "to": target, "pixels": x.ravel().tolist(),
        "results": [{"who": who, "filter": name, "antialias": antialias,
                     "want": np.round(how(x, target).astype(float), 8).ravel().tolist()}
                    for who, name, antialias, how in METHODS],
    })

with open(os.path.join(os.path.dirname(__file__), "resize.json"), "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
