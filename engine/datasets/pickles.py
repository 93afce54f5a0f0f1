"""A reader for the pickles of CIFAR-10's python version that calls nothing that they name, not even NumPy.

A pickle is a program: it names callables and calls them. Here each of the few names that a batch
uses maps to a record of the arguments; any other name raises an error.
"""

from __future__ import annotations

import io
import pickle
from typing import Any

import numpy as np
from numpy.typing import NDArray


class _Record:
    """Replaces a callable in a pickle: stores its arguments and state."""

    def __init__(self, *arguments: Any) -> None:
        self.arguments = arguments
        self.state: Any = None

    def __setstate__(self, state: Any) -> None:
        self.state = state


class _Array(_Record):
    """Replaces numpy's array reconstructor."""


class _Type(_Record):
    """Replaces numpy.dtype; its first argument names the type."""


class _Class(_Record):
    """Replaces numpy.ndarray, which a pickle names but does not call."""


class _Encoded(_Record):
    """Replaces _codecs.encode, with which Python 3 writes bytes in an old pickle protocol."""

    def encoded(self) -> bytes:
        """Return the bytes. Raises ValueError unless the arguments are a text and latin1."""
        text, coding = self.arguments
        if not isinstance(text, str) or coding not in ("latin1", b"latin1"):
            raise ValueError("it holds an encoded text that is not latin1")
        return text.encode("latin-1")


ALLOWED: dict[tuple[str, str], type[_Record]] = {
    ("numpy.core.multiarray", "_reconstruct"): _Array,
    ("numpy._core.multiarray", "_reconstruct"): _Array,
    ("numpy", "ndarray"): _Class,
    ("numpy", "dtype"): _Type,
    ("_codecs", "encode"): _Encoded,
}


class _Unpickler(pickle.Unpickler):
    def find_class(self, module_name: str, global_name: str, /) -> Any:
        try:
            return ALLOWED[module_name, global_name]
        except KeyError:
            name = ascii(f"{module_name}.{global_name}"[:80])
            raise pickle.UnpicklingError(f"it asks for {name}, which no CIFAR-10 batch needs: refused") from None


def batch(data: bytes) -> tuple[NDArray[np.uint8], NDArray[np.intp]]:
    """Read one pickled batch: images (n, d) uint8 and labels (n,). Raises ValueError for anything else."""
    try:
        content = _Unpickler(io.BytesIO(data), encoding="bytes").load()
        fields = {_bytes(key): value for key, value in content.items()}
        return _images(fields[b"data"]), _labels(fields[b"labels"])
    except pickle.UnpicklingError as error:
        raise ValueError(f"it is not a pickle of CIFAR-10: {error}") from None
    except KeyError as error:
        raise ValueError(f"it has no {error.args[0]!r}; a CIFAR-10 batch has b'data' and b'labels'") from None
    except ValueError:
        raise
    # A hostile pickle can make the unpickler raise any exception; each means that the file is wrong.
    except Exception as error:
        raise ValueError(f"it is not a CIFAR-10 batch ({type(error).__name__})") from None


def _bytes(value: Any) -> bytes:
    if isinstance(value, _Encoded):
        return value.encoded()
    if isinstance(value, str):
        return value.encode()
    if not isinstance(value, bytes):
        raise ValueError(f"it holds a {type(value).__name__} where bytes were expected")
    return value


def _images(record: Any) -> NDArray[np.uint8]:
    if not isinstance(record, _Array) or not isinstance(record.state, tuple) or len(record.state) != 5:
        raise ValueError("its data is not an array")
    _, shape, kind, fortran, raw = record.state
    name = kind.arguments[0] if isinstance(kind, _Type) and kind.arguments else None
    if name not in ("u1", b"u1"):
        raise ValueError("its data is not an array of uint8")
    if not isinstance(shape, tuple) or len(shape) != 2 or not all(type(n) is int and n >= 0 for n in shape):
        raise ValueError("its data is not an array of two dimensions")
    pixels = np.frombuffer(_bytes(raw), dtype=np.uint8)
    if len(pixels) != shape[0] * shape[1]:
        raise ValueError(f"its data is {len(pixels)} bytes, which do not make {shape[0]} x {shape[1]}")
    return pixels.reshape(shape, order="F" if fortran else "C")


def _labels(values: Any) -> NDArray[np.intp]:
    if not isinstance(values, list) or not all(type(value) is int and 0 <= value < 256 for value in values):
        raise ValueError("its labels are not a list of small whole numbers")
    return np.array(values, dtype=np.intp)
