"""Makes cutout.json: cutouts of a 5 x 4 picture by astropy.nddata.extract_array,
which is what photutils' CutoutImage calls.

    python3 testdata/make_cutout.py        (astropy 5.2, numpy)
"""
import json
import os

import numpy as np
from astropy.nddata import NoOverlapError, PartialOverlapError, extract_array

data = np.arange(20.0).reshape(5, 4)
cases = []
for shape in [(1, 1), (2, 2), (3, 3), (4, 5), (9, 8)]:
    for y in [-3.0, -0.5, 0.0, 0.5, 2.4, 2.5, 4.5, 8.0]:
        for x in [-1.5, 0.0, 1.5, 3.49, 3.5, 3.51, 6.0]:
            case = {"shape": shape, "x": x, "y": y, "inside": True}
            try:
                case["want"] = extract_array(data, shape, (y, x), mode="partial", fill_value=-1.0).ravel().tolist()
                extract_array(data, shape, (y, x), mode="strict")
            except PartialOverlapError:
                case["inside"] = False
            except NoOverlapError:
                case["inside"], case["want"] = False, None
            # astropy lets pass a cutout whose last pixel is just before the
            # image's first; nothing of it is on the image.
            if case["want"] and max(case["want"]) < 0:
                case["want"] = None
            cases.append(case)

with open(os.path.join(os.path.dirname(__file__), "cutout.json"), "w") as f:
    f.write("[\n" + ",\n".join(json.dumps(c, separators=(",", ":")) for c in cases) + "\n]\n")
