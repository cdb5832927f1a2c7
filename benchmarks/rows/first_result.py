"""First results in fresh processes against `import jax` alone."""

from collections.abc import Callable

from row import Row
from timing import fresh_medians, told

_EQUILIBRIUM = """
import numpy as np, jax.numpy as jnp, stabproof as sp
w = np.array([[0.5, -1.0], [1.0, 0.5]])
print(sp.certify_equilibrium(lambda x: -x + w @ jnp.tanh(x), np.zeros(2)).verdict)
"""
_MINIMUM = """
import numpy as np, stabproof as sp
problem = sp.Regression(lambda p, x: p @ x, np.array([1.0, -1.0]), np.array([[0.5, 0.25]]), np.array([0.25]))
print(sp.certify_minimum(problem, sp.GradientDescent(0.1)).verdict)
"""


def over_import(program: str) -> Callable[[int], tuple[float, str]]:
    """A whole program over the import of JAX."""

    def measure(runs: int) -> tuple[float, str]:
        found = fresh_medians({"jax": ["-c", "import jax"], "ours": ["-c", program]}, min(runs, 5))
        return found["ours"] / found["jax"], f"import {told(found['jax'])}, ours {told(found['ours'])}"

    return measure


def command(*arguments: str) -> Callable[[int], tuple[float, str]]:
    """A command of the command line, in processor seconds."""

    def measure(runs: int) -> tuple[float, str]:
        call = ["-m", "stabproof", *arguments]
        found = fresh_medians({"python": ["-c", "pass"], "ours": call}, min(runs, 5))
        return found["ours"], f"python alone {told(found['python'])}"

    return measure


ROWS = (
    Row("first-equilibrium", "a first equilibrium, fresh process", "import jax", 1.6, over_import(_EQUILIBRIUM)),
    Row("first-minimum", "a first minimum, fresh process", "import jax", 1.6, over_import(_MINIMUM)),
    Row("first-cases", "stabproof cases", "processor seconds", 0.5, command("cases"), unit="s"),
    Row("first-help", "stabproof --help", "processor seconds", 0.3, command("--help"), unit="s"),
)
