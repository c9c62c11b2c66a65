#!/usr/bin/env python
"""Writes the arrays of this folder: python write.py FOLDER, with Python 2.7 or later and any NumPy.

One folder for each pair of a Python and a NumPy, called as in python2.7-numpy1.16.6. values.txt has
one line for each file: its name, its shape, and all numbers in C order, in hexadecimal. Files that
are refused stand in refused/.
"""
import os
import sys

import numpy as np

name = "python%d.%d-numpy%s" % (sys.version_info[0], sys.version_info[1], np.__version__)
folder = os.path.join(sys.argv[1], name)
refused = os.path.join(folder, "refused")
if not os.path.isdir(refused):
    os.makedirs(refused)

lines = []


def numbers(array):
    return " ".join(float(v).hex() for v in array.ravel(order="C"))


def save(file, array):
    with open(os.path.join(folder, file), "wb") as out:
        if sys.version_info[0] == 2:  # longs as lengths, as Python 2 has them on Windows: (2L, 3L)
            header = np.lib.format.header_data_from_array_1_0(array)
            header["shape"] = tuple(long(n) for n in array.shape)  # noqa: F821
            np.lib.format.write_array_header_1_0(out, header)
            out.write(array.tobytes(order="F" if header["fortran_order"] else "C"))
        else:
            np.save(out, array)
    lines.append("%s %s %s" % (file, "x".join(str(n) for n in array.shape), numbers(array)))


def values(dtype):
    """Six numbers, with the extremes of the type."""
    kind = np.dtype(dtype).kind
    if kind == "b":
        six = [0, 1, 1, 0, 1, 0]
    elif kind == "f":
        most = np.finfo(dtype)
        six = [0, -1.5, most.max, most.tiny, most.tiny * most.eps, 0.1]
    else:
        most = np.iinfo(dtype)
        six = [0, 1, 7, most.min, most.max, 100]
    return np.array(six, dtype=dtype).reshape(2, 3)


types = ["?", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8"]
for t in types:
    for order in "<>":
        dtype = np.dtype(t).newbyteorder(order)
        if np.dtype(t).itemsize == 1 and order == ">":
            continue
        file = np.dtype(t).name + ("_big" if order == ">" else "") + ".npy"
        save(file, values(t).astype(dtype))
save("int64_fortran.npy", np.asfortranarray(values("i8")))
save("int16_big_fortran.npy", np.asfortranarray(values("i2").astype(">i2")))
save("labels.npy", np.arange(5, dtype="i8"))
save("images.npy", np.arange(24, dtype="u1").reshape(2, 2, 3, 2))

for file, array in {
    "complex": np.array([1 + 2j, 3]),
    "complex_matrix": np.array([[1 + 2j, 3]]),
    "object": np.array([1, None], dtype=object),
    "fields": np.array([(1, 2.0)], dtype=[("a", "<i4"), ("b", "<f8")]),
    "text": np.array(["a", "b"], dtype="U1"),
    "bytes": np.array([b"a", b"b"], dtype="S1"),
    "dates": np.array(["2020-01-01"], dtype="M8[D]"),
    "spans": np.array([3], dtype="m8[s]"),
    "long_double": np.array([1], dtype=np.longdouble),
    "raw": np.zeros(2, dtype="V2"),
}.items():
    np.save(os.path.join(refused, file + ".npy"), array)

x, y = np.arange(12, dtype="f4").reshape(4, 3), np.array([0, 1, 1, 0])
np.savez(os.path.join(folder, "stored.npz"), x=x, y=y, fortran=np.asfortranarray(x))
np.savez_compressed(os.path.join(folder, "compressed.npz"), x=x, y=y, fortran=np.asfortranarray(x))

with open(os.path.join(folder, "values.txt"), "w") as out:
    out.write("\n".join(lines) + "\n")
