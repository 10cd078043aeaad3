"""An independent reader and writer of safetensors files, by the format's text alone.

    independent.py read FILE             prints {"metadata": ..., "tensors": {name: {"shape": ..., "bits": ...}}}
    independent.py write FILE < JSON     of the same form, with a "dtype" beside each shape and "values"

Numbers cross as the bits of float32, so that NaN and -0 are compared too.
"""
import json
import struct
import sys

import numpy as np


def brain(raw):
    return (np.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4")


DECODE = {
    "F64": lambda raw: np.frombuffer(raw, "<f8").astype("<f4"),
    "F32": lambda raw: np.frombuffer(raw, "<f4"),
    "F16": lambda raw: np.frombuffer(raw, "<f2").astype("<f4"),
    "BF16": brain,
}
ENCODE = {
    "F64": lambda x: np.asarray(x, "<f8").tobytes(),
    "F32": lambda x: np.asarray(x, "<f4").tobytes(),
    "F16": lambda x: np.asarray(x, "<f4").astype("<f2").tobytes(),
    # The upper half of the bits: only for values that bfloat16 has.
    "BF16": lambda x: (np.asarray(x, "<f4").view("<u4") >> 16).astype("<u2").tobytes(),
}


def read(name):
    with open(name, "rb") as f:
        data = f.read()
    (length,) = struct.unpack("<Q", data[:8])
    assert data[8:9] == b"{" and (8 + length) % 8 == 0
    header = json.loads(data[8:8 + length])
    metadata = header.pop("__metadata__", None)
    tensors = {}
    body = data[8 + length:]
    for tensor, entry in header.items():
        start, end = entry["data_offsets"]
        values = DECODE[entry["dtype"]](body[start:end]).reshape(entry["shape"])
        tensors[tensor] = {"shape": entry["shape"], "bits": values.ravel().view("<u4").tolist()}
    assert sum(e["data_offsets"][1] - e["data_offsets"][0] for e in header.values()) == len(body)
    json.dump({"metadata": metadata, "tensors": tensors}, sys.stdout)


def write(name):
    wanted = json.load(sys.stdin)
    header, body = {}, b""
    if wanted["metadata"]:
        header["__metadata__"] = wanted["metadata"]
    for tensor, entry in wanted["tensors"].items():
        raw = ENCODE[entry["dtype"]](entry["values"])
        header[tensor] = {"dtype": entry["dtype"], "shape": entry["shape"], "data_offsets": [len(body), len(body) + len(raw)]}
        body += raw
    # Indented and escaped otherwise than Go does.
    text = json.dumps(header, indent=1, ensure_ascii=True).encode()
    text += b" " * (-len(text) % 8)
    with open(name, "wb") as f:
        f.write(struct.pack("<Q", len(text)) + text + body)


{"read": read, "write": write}[sys.argv[1]](sys.argv[2])
