"""The function of a Morse class with its proved critical points: a graph on a line, level lines in the plane."""

from typing import Any

import numpy as np

from cases.common.plot import Plot, Series
from certify.certificate import Certificate
from certify.morse import MorseProblem, described_points
from certify.program import evaluate
from foundation import InputError

_LINE, _GRID = 400, 60


def morse_figures(found: Any) -> dict[str, Plot]:
    """Of a `MorseClass`."""
    figure = function_figure(found.certificate)
    return {} if figure is None else {"function": figure}


def function_figure(certificate: Certificate) -> Plot | None:
    """None in more than two dimensions, and where the function is not defined on the whole box."""
    problem = MorseProblem.from_tree(certificate.problem)
    if problem.dimension > 2:
        return None
    points = described_points(problem, certificate.witness)
    axes = [np.linspace(a, b, _LINE if problem.dimension == 1 else _GRID)
            for a, b in zip(problem.lower, problem.upper, strict=True)]  # fmt: skip
    places = np.stack(np.meshgrid(*axes), axis=-1).reshape(-1, problem.dimension)
    try:
        (found,) = evaluate(problem.function, [places], batch=[True], undecided="split")
    except InputError:
        return None
    values = np.asarray(found.mid)
    at = np.array([point.point for point in points]).reshape(len(points), problem.dimension)
    series: tuple[Series, ...]
    if problem.dimension == 1:
        series = (Series("line", axes[0], values, "the function, an estimate"),)
        heights = np.interp(at[:, 0], axes[0], values)
    else:
        series = (Series("image", axes[0], axes[1], "value (an estimate)", upper=values.reshape(_GRID, _GRID)),)
        heights = at[:, 1]
    if len(at):
        series += (Series("points", at[:, 0], heights, "critical points (proved)", emphasis=True, proved=True),)
    return Plot(
        f"{len(at)} proved critical point{'s' if len(at) != 1 else ''}",
        "x" if problem.dimension == 1 else "x_1",
        "value" if problem.dimension == 1 else "x_2",
        series,
        f"The function on its box, with {len(at)} critical points that are proved.",
        {"legend": "outside"},
    )
