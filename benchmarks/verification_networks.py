"""Public networks of VNN-COMP, the competition of neural network verifiers, read from their ONNX files and enclosed.

    python benchmarks/verification_networks.py [FILE ...]

Without a file two packages that ship such networks are fetched by `pip download`: vibecheck-nn 1.1.0 (its ACAS Xu 2_2,
six hidden layers of 50 units) and the source of pynever 1.3.2 (the competition's category "test"). Their archives must
have the hashes below; nothing of them is installed, run or kept. Each network is enclosed at a point, where the value
in rational numbers must lie inside, and over a box, which must contain the values at random points of it.
"""

import hashlib
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import numpy as np
import onnx
from onnx import numpy_helper, version_converter

import stabproof as sp

# (requirement, whether as source, SHA-256 of the archive)
PACKAGES = (
    ("vibecheck-nn==1.1.0", False, "8e53638e44f61eb9788d37c22b1cfa7398458b13428ef6339bf4df6cb9255320"),
    ("pynever==1.3.2", True, "f7edf7a53843230a41232dbef8787c58fbc5a980b1c4eea49eedcc901e567f34"),
)
_OLDEST_OPSET = 13
_POINTS, _INSIDE, _HALF_SIDE = 6, 4, 2.0**-6


def fetched(folder: Path) -> list[Path]:
    """The ONNX files of the packages, unpacked; ends the program where an archive is another one."""
    for requirement, source, digest in PACKAGES:
        options = ["--no-deps", "-q", "-d", str(folder)] + (["--no-binary", ":all:", "--no-build-isolation"] * source)
        subprocess.run([sys.executable, "-m", "pip", "download", *options, requirement], check=True)
        found = [p for p in folder.iterdir() if hashlib.sha256(p.read_bytes()).hexdigest() == digest]
        if not found:
            sys.exit(f"{requirement}: the archive is not the one whose hash is known")
    files = []
    for archive in list(folder.iterdir()):
        for name, content in _members(archive):
            files.append(folder / name)
            files[-1].write_bytes(content)
    return sorted(files)


def _members(archive: Path) -> Iterator[tuple[str, bytes]]:
    if archive.suffix == ".whl":
        with zipfile.ZipFile(archive) as opened:
            yield from ((Path(n).name, opened.read(n)) for n in opened.namelist() if n.endswith(".onnx"))
    else:
        with tarfile.open(archive) as opened:
            for member in opened:
                if member.isfile() and member.name.endswith(".onnx"):
                    yield Path(member.name).name, opened.extractfile(member).read()  # type: ignore[union-attr]


def moved(path: Path) -> Path:
    """The file in an opset that is understood."""
    model = onnx.load(str(path))
    if model.opset_import[0].version >= _OLDEST_OPSET:
        return path
    target = path.with_suffix(".moved.onnx")
    onnx.save(version_converter.convert_version(model, _OLDEST_OPSET), str(target))
    return target


def exactly(path: Path, x: np.ndarray) -> list[Fraction]:
    """The output in rational numbers, from the nodes of the file as it came."""
    graph = onnx.load(str(path)).graph
    fraction = np.frompyfunc(lambda value: Fraction(float(value)), 1, 1)
    known = {t.name: np.asarray(fraction(numpy_helper.to_array(t)), object) for t in graph.initializer}
    (name,) = (value.name for value in graph.input if value.name not in known)
    known[name] = np.asarray(fraction(x), object)
    rules = {"MatMul": np.dot, "Add": np.add, "Sub": np.subtract, "Relu": lambda a: np.maximum(a, Fraction(0))}
    rules["Flatten"] = lambda a: a.reshape(len(a), -1)
    for node in graph.node:
        known[node.output[0]] = rules[node.op_type](*(known[name] for name in node.input))
    return [*np.ravel(known[graph.output[0].name])]


def row(path: Path) -> str:
    """A line of the table."""
    proto = onnx.load(str(path))
    given = {t.name for t in proto.graph.initializer}
    (value,) = (v for v in proto.graph.input if v.name not in given)
    shape = tuple(d.dim_value or 1 for d in value.type.tensor_type.shape.dim)
    model = sp.from_onnx(moved(path), batch_axis=None)

    def network(x: Any) -> Any:
        return model.predict(model.params, x)

    rng, start, widths = np.random.default_rng(2), time.process_time(), []
    for _ in range(_POINTS):
        x = rng.uniform(-0.5, 0.5, size=shape)
        at_point = sp.enclose(network, x)
        ends = zip(exactly(path, x), np.ravel(at_point.lower), np.ravel(at_point.upper), strict=True)
        assert all(Fraction(float(low)) <= truth <= Fraction(float(high)) for truth, low, high in ends)
        widths.append(float(np.max(at_point.upper - at_point.lower)))
        box = sp.enclose(network, sp.Ball(x, np.full(shape, _HALF_SIDE)))
        for _ in range(_INSIDE):
            inside = [float(v) for v in exactly(path, x + rng.uniform(-_HALF_SIDE, _HALF_SIDE, shape))]
            assert (np.ravel(box.lower) <= inside).all()
            assert (inside <= np.ravel(box.upper)).all()
    size, opset = sum(value.size for value in model.params.values()), proto.opset_import[0].version
    return f"| {path.name} | {opset} | {size} | {max(widths):.0e} | {time.process_time() - start:.1f} |"


def main() -> None:
    print(f"onnx {onnx.__version__}\n")
    print("| file | opset | weights | width at a point | CPU seconds |\n|---|---|---|---|---|")
    with tempfile.TemporaryDirectory() as folder:
        for path in [Path(name) for name in sys.argv[1:]] or fetched(Path(folder)):
            print(row(path), flush=True)


if __name__ == "__main__":
    main()
