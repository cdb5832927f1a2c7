"""Derivatives and residuals at exact places, kept for the stages of one search."""

from collections.abc import Callable
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.equilibrium import EquilibriumStatement


@final
class Evaluations:
    """What several stages of a search ask for, each computed once."""

    def __init__(self) -> None:
        self._known: list[tuple[str, EquilibriumStatement, np.ndarray, Ball]] = []

    def at(self, statement: EquilibriumStatement, place: np.ndarray) -> Ball:
        """`statement.derivative` there."""
        return self._once("derivative", statement, place, lambda: statement.derivative(Ball.exact(place)))

    def residual(self, statement: EquilibriumStatement, place: np.ndarray) -> Ball:
        """`statement.residual` there."""
        return self._once("residual", statement, place, lambda: statement.residual(place))

    def _once(self, name: str, statement: EquilibriumStatement, place: np.ndarray, compute: Callable[[], Ball]) -> Ball:
        for kind, known, where, found in self._known:
            if kind == name and known is statement and np.array_equal(where, place):
                return found
        found = compute()
        self._known.append((name, statement, place, found))
        return found
