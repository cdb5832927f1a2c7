"""A system from the literature as data: three views, known answers, errata."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, final

import sympy

from cases.catalogue import entries
from cases.common.parameters import Parameter, read_parameters
from cases.common.plot import Plot
from certify.certificate import Certificate
from certify.enclosure import Enclosure
from certify.verdict import Verdict
from symbolic import Derivation

Values = Mapping[str, Any]
Reader = Callable[[Any, str], Any]


@final
@dataclass(frozen=True)
class SymbolicView:
    """The exact view: derivations and exact values by quantity (SymPy numbers or verdicts)."""

    derivations: tuple[Derivation, ...]
    values: Mapping[str, sympy.Expr | Verdict] = field(default_factory=dict)


@final
@dataclass(frozen=True)
class Estimate:
    """A floating-point value and how far it may be off (`error`, an estimate too)."""

    value: float
    error: float


@final
@dataclass(frozen=True)
class NumericView:
    """The floating-point view: estimates by quantity, and pictures."""

    values: Mapping[str, Estimate] = field(default_factory=dict)
    plots: tuple[Plot, ...] = ()
    remarks: tuple[str, ...] = ()


@final
@dataclass(frozen=True)
class Task:
    """Something to be certified by the front door.

    kind: "minimum" (problem, optimizer), "exponent" (matrices, probabilities), "equilibrium" (field, x, kind, ...),
    "all-equilibria" (field, box, ...), "time-map" (field, x, time, ...), "morse" (network, box, ...).
    quantities: which claim of the certificate bounds which quantity ("verdict" stands for the verdict). derived: more
    quantities, computed rigorously from the claims of a certificate that proves something.
    """

    label: str
    kind: str
    arguments: Mapping[str, Any]
    quantities: Mapping[str, str]
    derived: Callable[[Certificate], Mapping[str, Enclosure | Verdict]] | None = None


@final
@dataclass(frozen=True)
class CertifiedView:
    """The proved view: tasks for the front door, enclosures that `certify` gave directly, and pictures of them."""

    tasks: tuple[Task, ...] = ()
    values: Mapping[str, Enclosure | Verdict] = field(default_factory=dict)
    plots: tuple[Plot, ...] = ()


@final
@dataclass(frozen=True)
class Known:
    """A published or independently computed answer at the default parameters."""

    quantity: str
    value: str
    source: str


@final
@dataclass(frozen=True)
class Erratum:
    """A slip in the source: what it says, the machine-checked proof that it cannot hold, and the correction."""

    printed: str
    corrected: str
    proof: Callable[[Values], Derivation]


@final
@dataclass(frozen=True)
class Case:
    """A system: identity, parameters, and its three views as functions of the parameters' exact values."""

    name: str
    title: str
    group: str
    source: str
    summary: str
    parameters: tuple[Parameter, ...]
    symbolic: Callable[[Values], SymbolicView] | None = None
    numeric: Callable[[Values], NumericView] | None = None
    certified: Callable[[Values], CertifiedView] | None = None
    known: tuple[Known, ...] = ()
    errata: tuple[Erratum, ...] = ()

    def values(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """Exact parameter values; raises `InputError` for unknown names and bad values."""
        return read_parameters(self.parameters, given, self.name)


def case_of(
    name: str,
    *,
    readers: Mapping[str, Reader],
    symbolic: Callable[[Values], SymbolicView] | None = None,
    numeric: Callable[[Values], NumericView] | None = None,
    certified: Callable[[Values], CertifiedView] | None = None,
    known: tuple[Known, ...] = (),
    errata: tuple[Erratum, ...] = (),
) -> Case:
    """The case with the title, source, summary and parameters of the catalogue.

    readers: by parameter, what makes an exact value of what a user writes.
    """
    told = entries()[name]
    if set(readers) != set(told.parameters):
        raise ValueError(f"{name}: the readers {sorted(readers)} are not those of {sorted(told.parameters)}")
    parameters = tuple(Parameter(n, default, words, readers[n]) for n, (default, words) in told.parameters.items())
    texts = (told.title, told.group, told.source, told.summary)
    return Case(name, *texts, parameters, symbolic, numeric, certified, known, errata)
