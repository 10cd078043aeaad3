"""Weights and images made from a hash, the same in Python and in Go.

The Go side is Uniform and Model.Fill in vit/internal/ref/golden.go. Golden files
can so leave out their inputs: a configuration and a seed are enough.
"""
import numpy as np

GOLDEN_RATIO, MASK = 0x9E3779B97F4A7C15, (1 << 64) - 1


def uniform(seed, name, shape, scale):
    """Numbers in [-scale, scale) that depend on seed and name only.

    FNV-1a of "seed:name" keys a splitmix64 stream, of which the upper 16 bits are
    kept: with a scale that is a power of two all values are exact in float32.
    """
    key = 0xCBF29CE484222325
    for byte in f"{seed}:{name}".encode():
        key = (key ^ byte) * 0x100000001B3 & MASK
    n = int(np.prod(shape))
    z = np.uint64(key) + np.arange(1, n + 1, dtype=np.uint64) * np.uint64(GOLDEN_RATIO)
    z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return (scale * ((z >> np.uint64(48)).astype(np.float64) / 32768 - 1)).reshape(shape)


def tokens(c):
    """T: the patches and the class token if there is one."""
    return int(np.prod([s // p for s, p in zip(c["shape"], c["patch"])])) + c["class_token"]


def shapes(c):
    """The parameters of a configuration: Hugging Face name -> shape, in order."""
    D, F = c["dim"], c["hidden"]
    out = {}

    def linear(name, rows, cols, bias=True):
        out[name + ".weight"] = (rows, cols)
        if bias:
            out[name + ".bias"] = (rows,)

    def norm(name):
        out[name + ".weight"] = out[name + ".bias"] = (D,)

    if c["class_token"]:
        out["vit.embeddings.cls_token"] = (1, 1, D)
    if c["positions"] == "learned":
        out["vit.embeddings.position_embeddings"] = (1, tokens(c), D)
    out["vit.embeddings.patch_embeddings.projection.weight"] = (D, c["channels"], *c["patch"])
    out["vit.embeddings.patch_embeddings.projection.bias"] = (D,)
    for i in range(c["depth"]):
        p = f"vit.encoder.layer.{i}."
        norm(p + "layernorm_before")
        for part in ("query", "key", "value"):
            linear(p + "attention.attention." + part, D, D, c["qkv_bias"])
        linear(p + "attention.output.dense", D, D)
        norm(p + "layernorm_after")
        linear(p + "intermediate.dense", F, D)
        linear(p + "output.dense", D, F)
    if not c["post_norm"]:
        norm("vit.layernorm")
    linear("classifier", c["classes"], D)
    return out


def decays(name, shape):
    """Weight decay applies to matrices only."""
    return len(shape) > 1 and not name.startswith(("vit.embeddings.cls", "vit.embeddings.pos"))


def weights(c, seed):
    """Every parameter of a configuration, in float64."""
    out = {}
    for name, shape in shapes(c).items():
        scale = 0.25
        if decays(name, shape):
            scale, fan_in = 1.0, np.prod(shape[1:])
            while scale * scale * fan_in > 4:
                scale /= 2
        out[name] = uniform(seed, name, shape, scale)
        if len(shape) == 1 and name.endswith(".weight"):  # LayerNorm's gain
            out[name] += 1
    return out


def images(c, seed, batch, name="images"):
    """A batch [B, C, shape...] of pixels in [-1, 1)."""
    return uniform(seed, name, (batch, c["channels"], *c["shape"]), 1)


def digest(x):
    """A tensor too large to store: its norm, and at most eight of its values."""
    x = np.asarray(x, dtype=np.float64).ravel()
    count = min(x.size, 8)
    at = [j * (x.size - 1) // max(count - 1, 1) for j in range(count)]
    return {"norm": float(np.linalg.norm(x)), "samples": x[at].tolist()}
