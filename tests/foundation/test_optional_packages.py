"""What needs an absent package names the extra that brings it; importing stabproof loads none of them."""

import subprocess
import sys
from pathlib import Path

import pytest

from foundation.optional_packages import needed
from stabproof import InputError

ROOT = Path(__file__).resolve().parents[2]
CALLS = {
    "torch": ("torch", "sp.from_torch(None, None)"),
    "flax": ("flax", "sp.from_flax(None, {}, None)"),
    "flax.nnx": ("flax", "sp.from_nnx(None, None)"),
    "haiku": ("haiku", "sp.from_haiku(None, None, None)"),
    "onnx": ("onnx", "sp.from_onnx('a.onnx')"),
    "safetensors": ("safetensors", "sp.load_safetensors('a')"),
    "matplotlib": ("reports", "sp.report(None, 'a.html')"),
    "matplotlib.axes": ("reports", "sp.plot(sp.eigenvalues([[1.0]]))"),
    "sklearn": ("cases", "sp.crosscheck('digits')"),
}
# a None in sys.modules would disturb libraries that look there for torch
ABSENT = """
import sys
class Absent:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == {0!r}:
            raise ModuleNotFoundError("No module named " + name, name=name)
sys.meta_path.insert(0, Absent())
"""


@pytest.mark.parametrize("package", CALLS)
def test_the_extra_is_named(package):
    extra, call = CALLS[package]
    program = (
        ABSENT.format(package.partition(".")[0])
        + f"""
import stabproof as sp
try:
    {call}
except sp.InputError as error:
    print(error)
"""
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False)
    assert f"pip install stabproof[{extra}]" in result.stdout, result.stderr


def test_a_package_of_no_one():
    with pytest.raises(InputError, match=r"nowhere is not installed.*stabproof\[torch\]"):
        needed("nowhere", "torch")


def test_importing_stabproof_loads_no_other_library():
    program = (
        "import sys, stabproof, stabproof.minimum\n"
        "print(sorted({'torch', 'flax', 'haiku', 'onnx', 'safetensors', 'matplotlib', 'sklearn'} & set(sys.modules)))"
    )
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert result.stdout.strip() == "[]"
