"""Pictures of graph limits."""

from collections.abc import Mapping
from typing import Any

import numpy as np
import sympy

from cases.common.plot import Plot, Series
from cases.common.told import Range, Told
from cases.graphon.system import Graphon, X


def picture(graphon: Graphon, weight: float, vector: np.ndarray) -> Plot:
    x = (np.arange(len(vector)) + 0.5) / len(vector)
    exact = np.array([float(graphon.eigenfunction.subs(X, sympy.Rational(k, 100))) for k in range(101)])
    scaled = vector / vector[np.argmax(np.abs(vector))] * exact.max()
    shown = slice(None, None, max(1, len(x) // 25))
    return Plot(
        f"Top eigenfunction of {weight:g} G, G = {graphon.text}",
        "place x of the node",
        "eigenfunction",
        (
            Series("line", np.linspace(0, 1, 101), exact, f"exact: {graphon.eigenfunction}"),
            Series("points", x[shown], scaled[shown], f"Nystrom with {len(x)} nodes"),
        ),
        "The eigenvector of the graph lies on the eigenfunction of the graphon.",
    )


def kernel_image(values: Mapping[str, Any], matrix: np.ndarray) -> Plot:
    centres = (np.arange(len(matrix)) + 0.5) / len(matrix)
    return Plot(
        f"Averages over {len(matrix)} x {len(matrix)} cells",
        "x",
        "y",
        (Series("image", centres, centres, "weight of the edge", upper=matrix),),
        Told.of("Edge weights {}.", Range.of(matrix, 1.0)),
        {"equal": True, "size": (5.6, 4.8)},
    )
