"""The table of primitives, which loads the modules that define them when they are used."""

import subprocess
import sys
from pathlib import Path

from certify.program.primitives.registry import _NAMES, PRIMITIVES
from foundation import load

ROOT = Path(__file__).resolve().parents[3]


def test_every_module_defines_what_the_table_says_in_its_order():
    for module, names in _NAMES.items():
        assert [p.name for p in load(f"certify.program.primitives.{module}").PRIMITIVES] == names.split()
    assert all(PRIMITIVES[name].name == name for name in PRIMITIVES)


def test_unknown_names_are_not_in_the_table():
    assert "nonsense" not in PRIMITIVES
    assert PRIMITIVES.get("nonsense") is None


def test_a_primitive_loads_its_module_alone():
    program = (
        "import sys\nfrom certify.program.primitives.registry import PRIMITIVES\nPRIMITIVES['take']\n"
        "sys.exit('certify.program.primitives.special' in sys.modules)\n"
    )
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0
