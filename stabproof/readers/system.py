"""What a reader makes of a file: a system x' = f(x) as SymPy expressions and as a JAX function."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, final

import numpy as np
import sympy

from foundation import InputError
from stabproof.readers.domains import Demand, Domain, checked
from stabproof.readers.jax_field import jax_field


@final
@dataclass(frozen=True, eq=False)
class ReadSystem:
    """x' = f(x), autonomous, as a file describes it.

    name: of the model. variables: SymPy symbols of the state, n of them. formulas: their rates with the parameters as
    symbols. parameters: name -> value, exact (the floats of the file as they are). initial: the state at time 0, exact.
    directions: (n, k) exact columns that span the rates as far as stoichiometry says; None where nothing is conserved.
    notes: what the reader understood, a sentence each. dropped: what the file's formulas ask of the variables and
    SymPy's simplified ones do not show, as in exp(ln(x)).
    """

    name: str
    variables: tuple[sympy.Symbol, ...]
    formulas: tuple[sympy.Expr, ...]
    parameters: Mapping[str, sympy.Rational]
    initial_exact: tuple[sympy.Rational, ...]
    directions: tuple[tuple[sympy.Rational, ...], ...] | None = None
    notes: tuple[str, ...] = field(default=())
    dropped: tuple[Demand, ...] = field(default=())

    @cached_property
    def expressions(self) -> tuple[sympy.Expr, ...]:
        """The n rates with the values of the parameters, in `variables`: for every front door that takes SymPy.

        Raises `InputError` where they would hide that the file's formulas have no value somewhere; `field` shows it.
        """
        rates, asked = self._substituted
        if asked:
            raise InputError(
                f"SymPy cancels a part of the file's formulas that has no value everywhere (they ask that "
                f"{asked[0].described()}), so its expressions are those of another system; pass system.field instead"
            )
        return rates

    @cached_property
    def _substituted(self) -> tuple[tuple[sympy.Expr, ...], tuple[Demand, ...]]:
        """The rates with the values of the parameters, and what they ask of the variables and do not show."""
        values = {sympy.Symbol(name, real=True): value for name, value in self.parameters.items()}
        domain = Domain()
        rates = tuple(domain.substituted(formula, values) for formula in self.formulas)
        shown = frozenset().union(*(domain.demands(rate) for rate in rates))
        hidden = domain.dropped.union(*(domain.renewed(demand, values) for demand in self.dropped))
        return rates, checked(hidden, shown, self.variables)

    @cached_property
    def field(self) -> Any:
        """The same as a JAX function of the state (n,): for every front door that takes a function."""
        rates, asked = self._substituted
        return jax_field(rates, self.variables, [demand.term() for demand in asked])

    @property
    def initial(self) -> np.ndarray:
        """The state at time 0 in floats, (n,)."""
        return np.array([float(value) for value in self.initial_exact])

    @property
    def subspace(self) -> np.ndarray | None:
        """Columns (n, k) of the subspace on which the conserved totals stay constant, floats; None without any."""
        if self.directions is None:
            return None
        return np.array([[float(entry) for entry in row] for row in self.directions])

    @cached_property
    def totals(self) -> tuple[sympy.Expr, ...]:
        """The conserved totals: linear combinations of the variables, n - k of them."""
        if self.directions is None:
            return ()
        forms = sympy.Matrix(self.directions).T.nullspace()
        return tuple(sum((c * v for c, v in zip(form, self.variables, strict=True)), sympy.S.Zero) for form in forms)

    def with_parameters(self, **values: Any) -> "ReadSystem":
        """The system with other values of parameters; the initial state stays. Raises `InputError` on unknown names."""
        unknown = sorted(set(values) - set(self.parameters))
        if unknown:
            raise InputError(
                f"the system has no parameter {unknown[0]!r}; it has {', '.join(self.parameters) or 'none'}"
            )
        exact = {name: sympy.Rational(value) for name, value in values.items()}
        merged = {**self.parameters, **exact}
        return ReadSystem(
            self.name,
            self.variables,
            self.formulas,
            merged,
            self.initial_exact,
            self.directions,
            self.notes,
            self.dropped,
        )

    def report(self) -> str:
        """The system in words: equations, values, totals and what the reader understood."""
        lines = [f"{self.name}: {len(self.variables)} variables, {len(self.parameters)} parameters"]
        rows = zip(self.variables, self.formulas, self.initial_exact, strict=True)
        lines += [f"  {v}' = {formula},  {v}(0) = {_number(value)}" for v, formula, value in rows]
        lines += [f"  {name} = {_number(value)}" for name, value in self.parameters.items()]
        at = dict(zip(self.variables, self.initial_exact, strict=True))
        lines += [f"  conserved: {total} = {_number(total.xreplace(at))}" for total in self.totals]
        return "\n".join([*lines, *(f"  {note}" for note in self.notes)])


def _number(value: sympy.Expr) -> str:
    return f"{float(value):.12g}"
