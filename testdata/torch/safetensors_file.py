"""safetensors files without the safetensors package: a little-endian uint64 header
length, a JSON header {name: {dtype, shape, data_offsets}}, then the data."""
import json
import struct

import numpy as np


def read(path):
    """Every tensor of the file, as float32; anything odd about the file is an error."""
    data = path.read_bytes()
    (length,) = struct.unpack_from("<Q", data)
    header = json.loads(data[8:8 + length])
    header.pop("__metadata__", None)
    body, tensors, end = data[8 + length:], {}, 0
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        begin, stop = entry["data_offsets"]
        if begin != end:
            raise SystemExit(f"{path}: {name} begins at {begin}, not {end}")
        tensors[name] = decode(body[begin:stop], entry["dtype"]).reshape(entry["shape"])
        end = stop
    if end != len(body):
        raise SystemExit(f"{path}: {len(body) - end} bytes after the last tensor")
    return tensors


def decode(raw, dtype):
    if dtype == "BF16":  # the upper half of a float32
        return (np.frombuffer(raw, "<u2").astype(np.uint32) << 16).view(np.float32)
    return np.frombuffer(raw, {"F32": "<f4", "F16": "<f2"}[dtype]).astype(np.float32)


def write(path, tensors):
    """Writes tensors in float32."""
    header, parts, end = {}, [], 0
    for name, tensor in tensors.items():
        parts.append(np.ascontiguousarray(tensor, "<f4").tobytes())
        header[name] = dict(dtype="F32", shape=list(tensor.shape), data_offsets=[end, end + len(parts[-1])])
        end += len(parts[-1])
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # the data is aligned to eight bytes
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))
