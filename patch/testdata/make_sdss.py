"""Makes sdss.json: colours of SDSS's frames, in float64.

    python3 testdata/make_sdss.py       (numpy)

Scale, bend, keep in the box, round down: the steps of djs_rgb_make of idlutils, as
pydl.pydlutils.rgbcolor has them, with the numbers of sdss_frame_jpg.pro.
"""
import json
import os

import numpy as np

SCALES, NONLINEARITY = 0.4 * np.array([5, 6.5, 9]), 2.25

random = np.random.default_rng(5)
faint = random.normal(0, 0.03, (3, 60))
bright = 10 ** random.uniform(-2, 2, 60) * 10 ** random.normal(0, 0.2, (3, 60))
flux = np.concatenate([faint, bright, np.zeros((3, 1)), -bright[:, :9]], axis=1).astype(np.float32)

scaled = flux.astype(float) * SCALES[:, None]
radius = scaled.sum(axis=0)
radius[radius == 0] = 1
fitted = scaled * np.arcsinh(radius * NONLINEARITY) / NONLINEARITY / radius
boxed = fitted / np.maximum(fitted.max(axis=0), 1)
rgb = np.clip(np.floor(boxed * 256), 0, 255)

with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "sdss.json"), "w") as f:
    json.dump({"flux": flux.astype(float).ravel().tolist(), "rgb": rgb.astype(int).ravel().tolist()}, f, separators=(",", ":"))
    f.write("\n")
