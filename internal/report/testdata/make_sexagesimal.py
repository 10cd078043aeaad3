"""Positions in hours and degrees by astropy (Debian: python3-astropy), among them
such as round up to the next minute (astropy rounds 59.99 s up as well, which is not among them): /usr/bin/python3 make_sexagesimal.py > sexagesimal.json"""
import json
import random

from astropy.coordinates import SkyCoord

random.seed(1)
places = [(0, 0), (0, -90), (359.99, 90), (15 * (1 + 59.996 / 3600), 10 + 59.97 / 3600), (150.1, -0.00001),
          (15 * (23 + 59 / 60 + 59.984 / 3600), -0.5), (180, -59.99999), (270.123456789, 12.3456789)]
places += [(random.uniform(0, 360), random.uniform(-90, 90)) for _ in range(50)]
out = []
for ra, dec in places:
    c = SkyCoord(ra, dec, unit="deg")
    out.append([ra, dec, c.ra.to_string("hour", sep=":", precision=2, pad=True) + " "
                + c.dec.to_string("deg", sep=":", precision=1, pad=True, alwayssign=True)])
print(json.dumps(out, indent=0))
