"""The models that make_goldens.py and make_timm.py make. Add new cases at the end."""


def config(channels, shape, patch, dim, depth, heads, hidden, classes, **other):
    return dict(dict(channels=channels, shape=shape, patch=patch, dim=dim, depth=depth, heads=heads, hidden=hidden,
                     classes=classes, eps=1e-6, post_norm=False, positions="learned", class_token=True, pool="cls",
                     qkv_bias=True, act="gelu"), **other)


def classify(*labels, weight=None, smoothing=0.0):
    return dict(loss="cross_entropy", labels=list(labels), weight=weight, smoothing=smoothing)


def multilabel(*values):  # None: unknown
    return dict(loss="bce", values=list(values))


def regress(*values):
    return dict(loss="gaussian_nll", values=list(values))


def votes(answers, *values):
    return dict(loss="votes", answers=answers, values=list(values))


# name, oracle, seed, batch, configuration, target
CASES = [
    ("one-band", "torchvision", 1, 3, config(1, [24, 24], [8, 8], 24, 2, 3, 48, 5), classify(4, 0, 2)),
    ("five-bands", "torchvision", 2, 2, config(5, [32, 32], [8, 8], 32, 3, 4, 64, 3),
     classify(2, 1, weight=[1, 0.25, 3], smoothing=0.1)),
    ("odd-sizes", "torchvision", 3, 2, config(3, [27, 27], [9, 9], 30, 2, 3, 51, 7), classify(6, 3, smoothing=0.05)),
    ("vit-tiny-224", "torchvision", 4, 1, config(3, [224, 224], [16, 16], 192, 12, 3, 768, 1000), classify(123)),
    ("multilabel", "torchvision", 5, 2, config(2, [16, 16], [4, 4], 16, 1, 1, 40, 4),
     multilabel(1, 0, None, 0.25, None, 1, 0, 1)),
    ("regression", "torchvision", 6, 3, config(3, [16, 16], [8, 8], 20, 2, 5, 30, 4),
     regress(0.5, None, -1, 2, 0.125, 3)),
    ("hf-eps", "torchvision", 7, 1, config(3, [16, 16], [8, 8], 16, 1, 2, 32, 2, eps=1e-12), classify(1)),
    ("rectangle", "encoder", 8, 2, config(2, [16, 24], [4, 8], 24, 2, 2, 48, 3), classify(0, 2)),
    ("post-norm", "encoder", 9, 2, config(1, [16, 24], [8, 8], 16, 3, 4, 32, 3, post_norm=True), classify(1, 2)),
    ("vaswani", "encoder", 10, 2, config(1, [24, 16], [4, 4], 18, 2, 3, 32, 3, post_norm=True, positions="sinusoidal"),
     classify(2, 2, smoothing=0.1)),
    ("mean-pool", "encoder", 11, 2, config(3, [24, 24], [8, 8], 24, 2, 3, 96, 5, pool="mean"), classify(3, 1)),
    ("mae", "encoder", 12, 2, config(2, [12, 20], [4, 4], 24, 2, 3, 48, 3, pool="mean", positions="sincos2d"),
     classify(0, 1)),
    ("sincos-no-class-token", "encoder", 13, 2, config(1, [20, 12], [4, 4], 16, 2, 2, 32, 2, pool="mean",
                                                       positions="sincos2d", class_token=False), regress(0.5, -0.75)),
    ("spectrum", "encoder", 14, 2, config(1, [64], [8], 16, 2, 2, 32, 3, pool="mean", class_token=False),
     classify(1, 0)),
    ("cube", "encoder", 15, 2, config(2, [4, 6, 8], [2, 3, 4], 16, 2, 4, 32, 3, pool="mean", class_token=False,
                                      post_norm=True, positions="sinusoidal"), multilabel(1, 0, 1, 0, None, 0.5)),
    ("no-qkv-bias", "encoder", 16, 2, config(1, [16, 16], [4, 4], 16, 2, 2, 32, 3, qkv_bias=False), classify(2, 0)),
    ("votes", "torchvision", 17, 3, config(2, [16, 16], [4, 4], 16, 2, 2, 32, 7),
     votes([3, 2, 2], 3, 1, 0, 0, 0, 4, 1, 0, 0, 0, 0, 1, 0, 0, 2, 5, 0.5, 3, 0, 1, 1)),
]
