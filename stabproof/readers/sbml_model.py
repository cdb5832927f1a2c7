"""What an SBML model says about its symbols: rules, values, compartments, species; what is not modelled is refused."""

from functools import cached_property
from typing import Any, final

import sympy

from foundation import InputError
from stabproof.readers.sbml_math import MathReader, exact


def symbol(name: str) -> sympy.Symbol:
    """The symbol of an identifier."""
    return sympy.Symbol(name, real=True)


@final
class SbmlModel:
    """A model with its rules by variable; raises `InputError` on what is not modelled."""

    def __init__(self, library: Any, model: Any) -> None:
        self.library, self.model = library, model
        functions = {
            f.getId(): f.getMath()
            for f in (model.getFunctionDefinition(i) for i in range(model.getNumFunctionDefinitions()))
        }
        self.math = MathReader(library, {name: _lambda(name, node) for name, node in functions.items()})
        self.rate_rules: dict[str, Any] = {}
        self.assignments: dict[str, Any] = {}
        self._refuse_unmodelled()
        for i in range(model.getNumRules()):
            rule = model.getRule(i)
            table = self.rate_rules if rule.isRate() else self.assignments
            table[rule.getVariable()] = rule.getMath()
        self.initial_assignments = {
            a.getSymbol(): a.getMath()
            for a in (model.getInitialAssignment(i) for i in range(model.getNumInitialAssignments()))
        }
        self.species = {s.getId(): s for s in (model.getSpecies(i) for i in range(model.getNumSpecies()))}
        self.compartments = {c.getId(): c for c in (model.getCompartment(i) for i in range(model.getNumCompartments()))}
        self.parameters = {p.getId(): p for p in (model.getParameter(i) for i in range(model.getNumParameters()))}
        self.reactions = [model.getReaction(i) for i in range(model.getNumReactions())]
        self._initial: dict[str, sympy.Expr] = {}
        self._asked: set[str] = set()

    def _refuse_unmodelled(self) -> None:
        model = self.model
        if model.getNumEvents():
            raise InputError(f"the model has the event {model.getEvent(0).getId()!r}: events are not modelled")
        for i in range(model.getNumRules()):
            if model.getRule(i).isAlgebraic():
                raise InputError("the model has an algebraic rule, which is not modelled")
        for i in range(model.getNumReactions()):
            reaction = model.getReaction(i)
            if reaction.isSetFast() and reaction.getFast():
                raise InputError(f"the reaction {reaction.getId()!r} is fast, which is not modelled")

    @cached_property
    def driven(self) -> set[str]:
        """Species whose amount the reactions change."""
        found = set()
        for reaction in self.reactions:
            for k in range(reaction.getNumReactants()):
                found.add(reaction.getReactant(k).getSpecies())
            for k in range(reaction.getNumProducts()):
                found.add(reaction.getProduct(k).getSpecies())
        for name in found:
            if name not in self.species:
                raise InputError(f"a reaction changes {name!r}, which is not a species of the model")
        return {n for n in found if not self.species[n].getBoundaryCondition() and not self.species[n].getConstant()}

    def is_amount(self, name: str) -> bool:
        """Whether the identifier of a species means an amount."""
        return bool(self.species[name].getHasOnlySubstanceUnits()) or self.dimensions(name) == 0

    def dimensions(self, name: str) -> int:
        compartment = self.compartments.get(self.species[name].getCompartment())
        if compartment is None:
            raise InputError(f"the species {name!r} is in no compartment of the model")
        return int(compartment.getSpatialDimensions()) if compartment.isSetSpatialDimensions() else 3

    def stoichiometry(self, reference: Any, reaction: str) -> sympy.Rational:
        """The number of a species reference; raises `InputError` where it is unset or varies."""
        name, where = reference.getId(), f"the stoichiometry of {reference.getSpecies()!r} in {reaction!r}"
        if reference.isSetStoichiometryMath():
            raise InputError(f"{where} is a formula, which is not modelled")
        if name and (name in self.assignments or name in self.rate_rules or name in self.initial_assignments):
            raise InputError(f"{where} varies or is computed, which is not modelled")
        if self.model.getLevel() >= 3 and not reference.isSetStoichiometry():
            raise InputError(f"{where} is not set; write the number into the file")
        return exact(reference.getStoichiometry(), where)

    def initial(self, name: str) -> sympy.Expr:
        """What the identifier means at time 0, exact."""
        if name not in self._initial:
            if name in self._asked:
                raise InputError(f"the value of {name!r} at time 0 depends on itself")
            self._asked.add(name)
            self._initial[name] = self._computed(name)
        return self._initial[name]

    def _computed(self, name: str) -> sympy.Expr:
        formula = self.assignments.get(name, self.initial_assignments.get(name))
        if formula is not None:
            where = f"the value of {name!r}"
            return self.math.read(formula, self.initial, where)
        if name in self.species:
            return self._of_species(name)
        if name in self.compartments:
            return self._of_compartment(name)
        if name in self.parameters:
            if not self.parameters[name].isSetValue():
                raise InputError(f"the parameter {name!r} has no value; set it in the file")
            return exact(self.parameters[name].getValue(), f"the parameter {name!r}")
        raise InputError(f"{name!r} is used in a formula, but is not a species, compartment or parameter of the model")

    def _of_compartment(self, name: str) -> sympy.Expr:
        compartment = self.compartments[name]
        if not compartment.isSetSize():
            raise InputError(f"the compartment {name!r} has no size; set it in the file")
        return exact(compartment.getSize(), f"the size of {name!r}")

    def _of_species(self, name: str) -> sympy.Expr:
        s, where = self.species[name], f"the initial value of {name!r}"
        amount = self.is_amount(name)
        if s.isSetInitialConcentration():
            value, given_amount = exact(s.getInitialConcentration(), where), False
        elif s.isSetInitialAmount():
            value, given_amount = exact(s.getInitialAmount(), where), True
        else:
            raise InputError(f"the species {name!r} has no initial amount or concentration; set it in the file")
        if amount == given_amount:
            return value
        size = self.initial(s.getCompartment())
        if size == 0:
            raise InputError(f"the compartment of {name!r} has the size 0")
        return value / size if given_amount else value * size


@final
class _Lambda:
    """A function definition: its arguments and its body."""

    def __init__(self, node: Any) -> None:
        self._node = node

    def getNumArguments(self) -> int:
        return int(self._node.getNumChildren()) - 1

    def getArgument(self, i: int) -> Any:
        return self._node.getChild(i)

    def getBody(self) -> Any:
        return self._node.getChild(self._node.getNumChildren() - 1)


def _lambda(name: str, node: Any) -> _Lambda:
    if node is None or node.getNumChildren() == 0:
        raise InputError(f"the function {name!r} of the model has no body")
    return _Lambda(node)
