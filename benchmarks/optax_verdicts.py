"""Verdicts for every optimiser of optax on two small problems, as a Markdown table.

python benchmarks/optax_verdicts.py > table.md. The problems: one example and two parameters (interpolating), and a
ridge regression with two parameters (strict). Learning rates are those at which people start, or 1e-2.
"""

import functools
import inspect
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import optax
from optax import contrib

import stabproof as sp

RATE = 1e-2
_ARGUMENTS = {"learning_rate": RATE, "weight_decay": 1e-2, "init_partition_size": 1.0, "max_iter": 3}


def interpolating() -> sp.Regression:
    """One example, two parameters."""
    inputs = np.array([[0.5, 0.25]])
    return sp.Regression(lambda params, x: params["w"] @ x, {"w": np.array([1.0, -1.0])}, inputs, np.array([0.25]))


def strict() -> sp.Loss:
    """A convex quadratic with the Hessian [[2, 1/2], [1/2, 1]], least at (0.5, -0.25)."""
    matrix, centre = np.array([[2.0, 0.5], [0.5, 1.0]]), np.array([0.5, -0.25])
    return sp.Loss(lambda params: 0.5 * (params["w"] - centre) @ matrix @ (params["w"] - centre), {"w": centre})


def optimisers() -> Iterator[tuple[str, Callable[[], Any]]]:
    """Every public factory of a transformation in optax and optax.contrib that takes a learning rate, made by name."""
    for prefix, module in (("", optax), ("contrib.", contrib)):
        for name in sorted(vars(module)):
            make = getattr(module, name)
            if name.startswith("_") or not inspect.isfunction(make):
                continue
            parameters = inspect.signature(make).parameters
            if "learning_rate" in parameters and not name.startswith(("scale_by", "inject")):
                needed = [p for p, given in parameters.items() if given.default is inspect.Parameter.empty]
                if set(needed) - {"kwargs", "args"} <= set(_ARGUMENTS):
                    chosen = {p: _ARGUMENTS[p] for p in needed if p in _ARGUMENTS} | {"learning_rate": RATE}
                    yield prefix + name, functools.partial(make, **chosen)


def row(name: str, make: Callable[[], Any]) -> str:
    """One line of the table."""
    cells = []
    for problem in (interpolating(), strict()):
        try:
            cells.append(_told(sp.certify_minimum(problem, make())))
        except sp.InputError as error:
            cells.append(f"refused: {error}")
        except Exception as error:
            cells.append(f"not made: {type(error).__name__}")
    return f"| `{name}` | {cells[0]} | {cells[1]} |"


def _told(certificate: Any) -> str:
    told = certificate.verdict.name
    critical = certificate.number("critical_curvature")
    conditioned = certificate.preconditioned_sharpness
    if critical is not None:
        told += f", h < {critical.upper:.6g}"
    if conditioned is not None:
        told += f", preconditioned {conditioned.upper:.4g}"
    return f"{told}: {certificate.reason}" if certificate.reason else told


def main() -> None:
    """Print the table."""
    print("| optimiser | interpolating | strict |")
    print("|---|---|---|")
    for name, make in optimisers():
        print(row(name, make), flush=True)


if __name__ == "__main__":
    main()
