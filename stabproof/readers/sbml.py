"""from_sbml: a model in SBML as a system of differential equations, assembled symbolically."""

from pathlib import Path
from typing import Any

import sympy

from foundation import InputError
from foundation.optional_packages import needed
from stabproof.readers.sbml_model import SbmlModel
from stabproof.readers.sbml_rates import assembled
from stabproof.readers.system import ReadSystem

_LARGEST_FILE = 32 * 2**20


def from_sbml(path: Any) -> ReadSystem:
    """The reaction network, or rate rules, of an SBML file (Level 2 or 3) as x' = f(x).

    path: of the file. Needs python-libsbml (`pip install stabproof[sbml]`). Formulas are taken from the tree of the
    file's MathML. A variable is what the identifier of its species means in formulas: a concentration, or an amount
    where hasOnlySubstanceUnits says so; species under rate rules, parameters and compartments too. With V the size of
    its compartment and cf its conversion factor, a species in reactions obeys
    c' = cf (sum of stoichiometry times rate) / V - c V' / V, an amount the same with V = 1; a rate rule of a
    concentration is its derivative. Logarithms without a base are decadic, as in MathML. Conserved totals are those of
    the stoichiometric matrix: `subspace` spans what is left. Numbers are the floats of the file, taken as exact.
    Raises `InputError` that names what is not modelled: events, delays, the time in formulas, algebraic rules, fast
    reactions, variable stoichiometry, packages that a model requires, and values that the file leaves unset.
    """
    library = needed("libsbml", "sbml")
    place = Path(path)
    if not place.is_file():
        raise InputError(f"there is no file {str(place)!r}")
    if place.stat().st_size > _LARGEST_FILE:
        raise InputError(f"the file {place.name!r} is larger than {_LARGEST_FILE} bytes")
    document = library.readSBMLFromString(place.read_text(encoding="utf-8", errors="replace"))
    for i in range(document.getNumErrors()):
        error = document.getError(i)
        if error.getSeverity() >= library.LIBSBML_SEV_ERROR:
            text = " ".join(error.getMessage().split())
            raise InputError(f"{place.name!r} is not SBML that libsbml reads: line {error.getLine()}: {text[:300]}")
    if document.getModel() is None:
        raise InputError(f"{place.name!r} has no model")
    if document.getLevel() < 2:
        raise InputError(f"{place.name!r} is SBML Level 1, whose formulas are text; convert it to Level 2 or 3")
    _refuse_packages(document)
    try:
        model = SbmlModel(library, document.getModel())
        found = assembled(model)
    except RecursionError:
        raise InputError(f"the formulas and rules of {place.name!r} depend on each other too deeply") from None
    return ReadSystem(
        name=model.model.getId() or place.stem,
        variables=tuple(found.variables),
        formulas=tuple(found.rates),
        parameters=found.parameters,
        initial_exact=tuple(sympy.Rational(v) for v in found.initial),
        directions=found.directions,
        notes=tuple(found.notes),
        dropped=found.dropped,
    )


def _refuse_packages(document: Any) -> None:
    for i in range(document.getNumPlugins()):
        name = document.getPlugin(i).getPackageName()
        if document.getPackageRequired(name):
            raise InputError(f"the model requires SBML's package {name!r}, which is not modelled")
    for i in range(document.getNumUnknownPackages()):
        raise InputError(
            f"the model uses SBML's package {document.getUnknownPackagePrefix(i)!r}, which is not modelled"
        )
