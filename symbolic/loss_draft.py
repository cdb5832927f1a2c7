"""What is known of a loss while its derivation is written: its derivatives, the steps and the notes."""

from dataclasses import dataclass, replace
from typing import final

import sympy

from symbolic.checks import Definition, GradientIs, HessianIs
from symbolic.derivation import Step
from symbolic.inputs import fresh_symbol


@final
@dataclass(frozen=True)
class LossDraft:
    loss: sympy.Expr
    parameters: tuple[sympy.Symbol, ...]
    rate: sympy.Expr
    name: sympy.Symbol
    gradient: sympy.ImmutableMatrix
    hessian: sympy.ImmutableMatrix
    update: sympy.ImmutableMatrix
    steps: tuple[Step, ...] = ()
    notes: tuple[str, ...] = ()

    @staticmethod
    def begin(loss: sympy.Expr, parameters: tuple[sympy.Symbol, ...], rate: sympy.Expr) -> "LossDraft":
        name = fresh_symbol("L", loss, parameters, rate)
        gradient = sympy.ImmutableMatrix([sympy.factor(sympy.diff(loss, p)) for p in parameters])
        hessian = sympy.hessian(loss, parameters).applyfunc(sympy.factor).as_immutable()
        update = (sympy.Matrix(parameters) - rate * gradient).as_immutable()
        draft = LossDraft(loss, parameters, rate, name, gradient, hessian, update)
        return draft.add(
            Step("The loss, as given.", reason="Definition.", check=Definition(name, loss)),
            Step(
                "Its gradient with respect to the parameters.",
                reason="Differentiation.",
                check=GradientIs(name, parameters, gradient),
            ),
            Step(
                "Its Hessian, the matrix of second derivatives.",
                reason="Differentiation.",
                check=HessianIs(name, parameters, hessian),
            ),
        )

    def add(self, *steps: Step) -> "LossDraft":
        return replace(self, steps=(*self.steps, *steps))

    def note(self, text: str) -> "LossDraft":
        return replace(self, notes=(*self.notes, text))
