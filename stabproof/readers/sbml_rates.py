"""The rates of an SBML model: reactions, rules, growing compartments, conversion factors, conserved totals."""

from dataclasses import dataclass, field
from typing import Any, final

import sympy

from foundation import InputError
from stabproof.readers.domains import Demand
from stabproof.readers.sbml_math import divided
from stabproof.readers.sbml_model import SbmlModel, symbol

_MOST_VARIABLES = 2000


@final
@dataclass
class Assembled:
    """The system's parts, as `ReadSystem` wants them."""

    variables: list[sympy.Symbol]
    rates: list[sympy.Expr]
    parameters: dict[str, sympy.Rational]
    initial: list[sympy.Rational]
    directions: tuple[tuple[sympy.Rational, ...], ...] | None
    dropped: tuple[Demand, ...] = ()
    notes: list[str] = field(default_factory=list)


def assembled(model: SbmlModel) -> Assembled:
    """All of the model, symbolically."""
    return _Assembly(model).result()


@final
class _Assembly:
    def __init__(self, model: SbmlModel) -> None:
        self.model = model
        for name in model.assignments:
            if name in model.driven:
                raise InputError(f"{name!r} is changed by reactions and by an assignment rule at once")
        for name in model.rate_rules:
            if name in model.driven:
                raise InputError(f"{name!r} is changed by reactions and by a rate rule at once")
        self.names = [*(n for n in model.species if n in model.driven or n in model.rate_rules)]
        self.names += [n for n in (*model.parameters, *model.compartments) if n in model.rate_rules]
        if not self.names:
            raise InputError("nothing changes in the model: it has no reactions and no rate rules")
        if len(self.names) > _MOST_VARIABLES:
            raise InputError(f"the model has {len(self.names)} variables; at most {_MOST_VARIABLES} are read")
        self.parameters: dict[str, sympy.Rational] = {}
        self.notes: list[str] = []
        self._meanings: dict[str, sympy.Expr] = {}
        self._asked: set[str] = set()

    def result(self) -> Assembled:
        variables = [symbol(name) for name in self.names]
        velocities = [self._velocity(reaction) for reaction in self.model.reactions]
        numbers = self._stoichiometries()
        rates = [self._rate(name, numbers, velocities) for name in self.names]
        initial = [self._number(self.model.initial(name), f"the initial value of {name!r}") for name in self.names]
        directions = self._directions(numbers)
        dropped = tuple(self.model.math.domain.dropped)
        return Assembled(variables, rates, self.parameters, initial, directions, dropped, self._described())

    def _meaning(self, name: str) -> sympy.Expr:
        """What an identifier means in formulas: a variable, a parameter, or the formula of its assignment rule."""
        if name not in self._meanings:
            if name in self._asked:
                raise InputError(f"the assignment rule of {name!r} depends on itself")
            self._asked.add(name)
            self._meanings[name] = self._looked_up(name)
        return self._meanings[name]

    def _looked_up(self, name: str) -> sympy.Expr:
        if name in self.names:
            return symbol(name)
        model = self.model
        if name in model.assignments:
            where = f"the assignment rule of {name!r}"
            return model.math.read(model.assignments[name], self._meaning, where)
        if any(reaction.getId() == name for reaction in model.reactions):
            raise InputError(f"a formula uses the reaction {name!r} as a number, which is not modelled")
        if name in model.species and not model.is_amount(name) and self._grows(name):
            return self._diluted(name)
        self.parameters[name] = self._number(model.initial(name), f"the value of {name!r}")
        return symbol(name)

    def _grows(self, name: str) -> bool:
        compartment = self.model.species[name].getCompartment()
        return compartment in self.model.rate_rules or compartment in self.model.assignments

    def _diluted(self, name: str) -> sympy.Expr:
        """A species that nothing changes, in a compartment of changing size: its amount is constant."""
        compartment = self.model.species[name].getCompartment()
        amount = self.model.initial(name) * self.model.initial(compartment)
        return self._number(amount, f"the amount of {name!r}") / self._meaning(compartment)

    def _velocity(self, reaction: Any) -> sympy.Expr:
        """The kinetic law, with its local parameters."""
        name, law = reaction.getId(), reaction.getKineticLaw()
        if law is None or law.getMath() is None:
            raise InputError(f"the reaction {name!r} has no kinetic law")
        count = law.getNumLocalParameters() if self.model.model.getLevel() >= 3 else law.getNumParameters()
        each = [
            law.getLocalParameter(i) if self.model.model.getLevel() >= 3 else law.getParameter(i) for i in range(count)
        ]
        local = {p.getId(): p for p in each}

        def meaning(identifier: str) -> sympy.Expr:
            if identifier not in local:
                return self._meaning(identifier)
            parameter, full = local[identifier], f"{name}_{identifier}"
            while full in self.model.parameters or full in self.model.species or full in self.model.compartments:
                full += "_"
            if not parameter.isSetValue():
                raise InputError(f"the parameter {identifier!r} of the reaction {name!r} has no value")
            self.parameters[full] = self._number(sympy.Rational(parameter.getValue()), f"{identifier!r} in {name!r}")
            return symbol(full)

        return self.model.math.read(law.getMath(), meaning, f"the kinetic law of {name!r}")

    def _stoichiometries(self) -> dict[str, list[sympy.Rational]]:
        """Net numbers of each species that reactions change, one a reaction."""
        zero = [sympy.S.Zero] * len(self.model.reactions)
        numbers = {name: list(zero) for name in self.names if name in self.model.driven}
        for j, reaction in enumerate(self.model.reactions):
            sides = (
                (-1, reaction.getNumReactants(), reaction.getReactant),
                (1, reaction.getNumProducts(), reaction.getProduct),
            )
            for sign, count, get in sides:
                for k in range(count):
                    reference = get(k)
                    if reference.getSpecies() in numbers:
                        number = self.model.stoichiometry(reference, reaction.getId())
                        numbers[reference.getSpecies()][j] += sign * number
        return numbers

    def _rate(self, name: str, numbers: dict[str, list[sympy.Rational]], velocities: list[sympy.Expr]) -> sympy.Expr:
        model = self.model
        if name in model.rate_rules:
            return model.math.read(model.rate_rules[name], self._meaning, f"the rate rule of {name!r}")
        apply = model.math.domain.apply
        change = apply(sympy.Add, *(n * v for n, v in zip(numbers[name], velocities, strict=True) if n))
        change = apply(sympy.Mul, change, self._conversion(name))
        if model.is_amount(name):
            return change
        compartment = model.species[name].getCompartment()
        size = self._meaning(compartment)
        growth, where = self._growth(name, compartment, size), f"the concentration of {name!r}"
        dilution = divided(model.math.domain, apply(sympy.Mul, symbol(name), growth), size, where)
        return apply(sympy.Add, divided(model.math.domain, change, size, where), -dilution)

    def _growth(self, name: str, compartment: str, size: sympy.Expr) -> sympy.Expr:
        """V': of the compartment's rate rule, or by the chain rule from its assignment rule."""
        model = self.model
        if compartment in model.rate_rules:
            return model.math.read(model.rate_rules[compartment], self._meaning, f"the rate rule of {compartment!r}")
        total = sympy.S.Zero
        for other in self.names:
            slope = size.diff(symbol(other)) if compartment in model.assignments else sympy.S.Zero
            if slope != 0:
                if other not in model.rate_rules:
                    raise InputError(
                        f"the size of {compartment!r} changes with {other!r}, a species of reactions; not modelled"
                    )
                rule = model.math.read(model.rate_rules[other], self._meaning, f"the rate rule of {other!r}")
                total += slope * rule
        return total

    def _conversion(self, name: str) -> sympy.Expr:
        """The conversion factor from the extent of reactions to the amount of the species."""
        species, model = self.model.species[name], self.model.model
        if species.isSetConversionFactor():
            return self._meaning(species.getConversionFactor())
        if model.getLevel() >= 3 and model.isSetConversionFactor():
            return self._meaning(model.getConversionFactor())
        return sympy.S.One

    def _directions(self, numbers: dict[str, list[sympy.Rational]]) -> tuple[tuple[sympy.Rational, ...], ...] | None:
        """A basis of the span of the rates; None where it is everything or totals are not linear in the variables."""
        model = self.model
        for name in numbers:
            if not model.is_amount(name) and self._grows(name):
                self.notes.append("conserved totals are amounts: with a growing compartment they are not linear here")
                return None
        factors = {}
        for name in numbers:
            factor = self._conversion(name)
            if not model.is_amount(name):
                factor = factor / self._meaning(model.species[name].getCompartment())
            factors[name] = self._number(factor.xreplace(self._values()), f"the unit of {name!r}")
        columns = sympy.zeros(len(self.names), len(model.reactions))
        for i, name in enumerate(self.names):
            if name in numbers:
                columns[i, :] = sympy.Matrix([[factors[name] * n for n in numbers[name]]])
        free = [i for i, name in enumerate(self.names) if name not in numbers]
        basis = columns.columnspace()
        if len(basis) + len(free) == len(self.names):
            return None
        units = [sympy.Matrix([int(i == j) for i in range(len(self.names))]) for j in free]
        matrix = sympy.Matrix.hstack(*basis, *units)
        return tuple(tuple(matrix[i, j] for j in range(matrix.cols)) for i in range(matrix.rows))

    def _values(self) -> dict[sympy.Expr, sympy.Expr]:
        return {symbol(name): value for name, value in self.parameters.items()}

    def _number(self, value: sympy.Expr, what: str) -> sympy.Rational:
        """A number of the model; one that is no rational becomes the nearest float."""
        if not value.is_number:
            raise InputError(f"{what} is not a number: {value}")
        if value.is_Rational:
            return value
        number = value.evalf(40)
        if not number.is_Float:
            raise InputError(f"{what} is not a real number: {value}")
        return sympy.Rational(float(number))

    def _described(self) -> list[str]:
        notes = list(self.notes)
        for name in self.names:
            if name in self.model.species:
                kind = "an amount" if self.model.is_amount(name) else "a concentration"
                notes.append(f"{name} is {kind}")
        return notes
