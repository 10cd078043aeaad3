"""Makes part.json: parts of pictures, not of whole pixels, resized by Pillow.

    python3 testdata/make_part.py        (Pillow 9.4, numpy)
"""
import json
import os

import numpy as np
from PIL import Image

CASES = [  # (from), (x, y, width, height), (to): sizes are (height, width)
    ((9, 11), (2.25, 1.5, 4.3, 5.1), (7, 6)),
    ((9, 11), (0.4, 0, 10.6, 8.75), (3, 4)),
    ((12, 8), (3.7, 5.2, 1.1, 0.9), (5, 5)),
    ((30, 30), (0.125, 2.8, 29.8, 27.2), (4, 2)),
]
FILTERS = [("bilinear", Image.BILINEAR), ("bicubic", Image.BICUBIC)]

rng = np.random.default_rng(20261129)
cases = []
for source, (x, y, w, h), target in CASES:
    pixels = np.round(rng.normal(0, 1, source), 3)
    im = Image.fromarray(pixels.astype(np.float32), mode="F")
    for name, resample in FILTERS:
        want = np.asarray(im.resize(target[::-1], resample, box=(x, y, x + w, y + h)))
        cases.append({"from": source, "part": {"x": x, "y": y, "width": w, "height": h}, "to": target, "filter": name,
                      "pixels": pixels.ravel().tolist(), "want": np.round(want.astype(float), 8).ravel().tolist()})

with open(os.path.join(os.path.dirname(__file__), "part.json"), "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
