"""Columns of numbers in one file, which is read by mapping it into memory.

    magic (8 bytes) · length of the header (8 bytes) · CRC-32 of the header (8 bytes) · header (JSON) · columns

Columns begin at multiples of 64 bytes. The header says of each its type, length, place and CRC-32, so that a file which
was cut, overwritten or only half written is refused instead of being learned from.
"""

from __future__ import annotations

import json
import os
import struct
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

#: Names the file's kind and the version of its layout.
MAGIC = b"RECCOL\x00\x01"
_START = struct.Struct("<8sQQ")
_ALIGN = 64
#: What is being written is called so until it is whole.
PART = ".part"


class Unreadable(Exception):
    """A file of columns that cannot be used; the message says why."""


def save_columns(path: Path, about: Mapping[str, Any], columns: Mapping[str, NDArray[Any]]) -> None:
    """Write one-dimensional columns, and `about` (JSON values) in the header, in place of `path`.

    Whoever has the old file mapped goes on reading the old one. The file is for its owner's eyes only. Raises OSError.
    """
    packed = {name: _portable(values) for name, values in columns.items()}
    places, size = {}, 0
    for name, values in packed.items():
        places[name] = [values.dtype.str, len(values), size, _crc(values)]
        size += -(-values.nbytes // _ALIGN) * _ALIGN
    header = json.dumps({"about": dict(about), "columns": places, "size": size}).encode()
    descriptor, name = tempfile.mkstemp(PART, f"{path.name}.", path.parent)  # readable by its owner alone
    part = Path(name)
    try:
        with open(descriptor, "wb") as file:
            file.write(_START.pack(MAGIC, len(header), zlib.crc32(header)))
            file.write(header)
            file.write(bytes(_begin(len(header)) - file.tell()))
            for values in packed.values():
                file.write(values.data)
                file.write(bytes(-values.nbytes % _ALIGN))
        os.replace(part, path)
    finally:
        part.unlink(missing_ok=True)


def load_columns(path: Path) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """What `save_columns` was told of them, and the columns, mapped and read-only.

    Raises Unreadable for a file of another kind or version, or one that is damaged; FileNotFoundError and other
    OSErrors as they come.
    """
    with path.open("rb") as file:
        start = file.read(_START.size)
        if len(start) < _START.size:
            raise Unreadable(f"{path} is cut short.")
        magic, length, crc = _START.unpack(start)
        if magic != MAGIC:
            raise Unreadable(f"{path} is of another kind or version.")
        size = os.fstat(file.fileno()).st_size
        header = file.read(length) if length < size else b""
    if len(header) != length or zlib.crc32(header) != crc:
        raise Unreadable(f"{path} has a damaged header.")
    described = json.loads(header)
    begin = _begin(length)
    if size != begin + described["size"]:
        raise Unreadable(f"{path} has {size} bytes instead of {begin + described['size']}.")
    mapped = np.memmap(path, np.uint8, "r").view(np.ndarray)
    columns = {}
    for name, (kind, n, place, crc) in described["columns"].items():
        dtype = np.dtype(kind)
        values = mapped[begin + place : begin + place + n * dtype.itemsize]
        if _crc(values) != crc:
            raise Unreadable(f"{path} is damaged in its column {name!r}.")
        columns[name] = values.view(dtype)
    return described["about"], columns


def pack_texts(name: str, texts: Sequence[str]) -> dict[str, NDArray[Any]]:
    """Texts as two columns: their bytes one after the other, and how many belong to each."""
    joined = "".join(texts)
    encoded = joined.encode()
    parts = texts if len(encoded) == len(joined) else map(str.encode, texts)
    return {
        f"{name}.bytes": np.frombuffer(encoded, np.uint8),
        f"{name}.lengths": np.fromiter(map(len, parts), np.int32, len(texts)),
    }


def unpack_texts(name: str, columns: Mapping[str, NDArray[Any]]) -> list[str]:
    """The texts that `pack_texts` packed."""
    encoded = columns[f"{name}.bytes"].tobytes()
    ends = np.cumsum(columns[f"{name}.lengths"], dtype=np.int64).tolist()
    places = zip([0, *ends], ends, strict=False)
    if encoded.isascii():  # then characters are where bytes are
        joined = encoded.decode()
        return [joined[start:end] for start, end in places]
    return [encoded[start:end].decode() for start, end in places]


def _portable(values: NDArray[Any]) -> NDArray[Any]:
    return np.ascontiguousarray(values, values.dtype.newbyteorder("<"))


def _crc(values: NDArray[Any]) -> int:
    return zlib.crc32(values.view(np.uint8).data)


def _begin(header_length: int) -> int:
    return -(-(_START.size + header_length) // _ALIGN) * _ALIGN
