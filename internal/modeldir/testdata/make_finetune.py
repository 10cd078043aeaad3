#!/usr/bin/python3
"""Writes finetune.json: what torch makes of a model's positions for other image
sizes, and timm's formula of its patch projection for other bands.

    python3 internal/modeldir/testdata/make_finetune.py > internal/modeldir/testdata/finetune.json
"""
import json
import math

import torch
import torch.nn.functional as F

ROWS, COLS, DIM, BANDS, PATCH = 4, 5, 4, 3, 2


def numbers(*shape):
    """Multiples of 1/256 without a pattern, exact in float32."""
    i = torch.arange(math.prod(shape), dtype=torch.float64)
    return ((i * i * 7919 + i * 104729) % 1021 - 510).reshape(shape) / 256


def resize(positions, height, width, **how):
    """[1, 1 + ROWS*COLS, DIM]; the class token keeps its row."""
    grid = positions[:, 1:].reshape(1, ROWS, COLS, DIM).permute(0, 3, 1, 2)
    grid = F.interpolate(grid, size=(height, width), mode="bicubic", align_corners=False, **how)
    return torch.cat([positions[:, :1], grid.permute(0, 2, 3, 1).reshape(1, height * width, DIM)], 1)


def adapt(kernel, bands):
    """timm/models/_manipulate.py, adapt_input_conv."""
    if bands == 1:
        return kernel.sum(1, keepdim=True)
    repeated = kernel.repeat(1, math.ceil(bands / BANDS), 1, 1)[:, :bands]
    return repeated * (BANDS / bands)


positions, kernel = numbers(1, 1 + ROWS * COLS, DIM), numbers(DIM, BANDS, PATCH, PATCH)
golden = dict(
    counts=[ROWS, COLS], positions=positions.flatten().tolist(), kernel=kernel.flatten().tolist(),
    # transformers interpolates without antialias, timm (resample_abs_pos_embed) with it.
    resized=[dict(counts=[h, w], hf=resize(positions, h, w).flatten().tolist(),
                  timm=resize(positions, h, w, antialias=True).flatten().tolist())
             for h, w in [(7, 6), (3, 2), (1, 9), (8, 10)]],
    adapted=[dict(bands=n, kernel=adapt(kernel, n).flatten().tolist()) for n in (1, 2, 5, 6)])
print(json.dumps(golden))
