"""The prover of contraction: in a metric M(x), all solutions near each other approach at a rate."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, final

import numpy as np

from certify.arithmetic import Ball
from certify.certificate.model import Claim, ProofResult, Status, claim, hypothesis
from certify.enclosure import Enclosure
from certify.inequality.definite import are_positive_definite
from certify.inequality.problem import box_of, real_program
from certify.inequality.prove import EXHAUSTED
from certify.inequality.subdivision import holds_on, open_parts
from certify.morse.evaluation import BoxForms
from certify.morse.forms import add, negative, scaled
from certify.morse.partition import unpack
from certify.program import Program, analytic_on, jacobian_program
from certify.program.builder import Builder
from certify.program.regularity import moving_equations
from certify.statements import say
from certify.verdict import Verdict
from foundation import CertificateError

_FACE_HALVINGS = 12


@final
@dataclass(frozen=True, eq=False)
class ContractionProblem:
    """field: program (n,) -> (n,). metric: program (n,) -> (n, n), M(x) its symmetric part. lower, upper: (n,), the
    closed box.
    """

    field: Program
    metric: Program
    lower: np.ndarray
    upper: np.ndarray

    @staticmethod
    def from_tree(tree: Mapping[str, Any]) -> "ContractionProblem":
        """The problem of a certificate; raises `CertificateError` when its parts do not fit together."""
        field, metric = real_program(tree.get("field"), "field"), real_program(tree.get("metric"), "metric")
        n = field.inputs[0].size
        shapes = field.output_signatures[0].shape, metric.inputs[0].shape, metric.output_signatures[0].shape
        if shapes != ((n,), (n,), (n, n)):
            raise CertificateError("the problem of the certificate has a field and a metric that do not fit together")
        return ContractionProblem(field, metric, *box_of(tree, n))

    def as_tree(self) -> dict[str, Any]:
        """The problem as data."""
        return {"field": self.field, "metric": self.metric, "lower": self.lower, "upper": self.upper}

    @property
    def is_constant(self) -> bool:
        """Whether the metric is the same at all points, by the form of its program."""
        return not moving_equations(self.metric) and 0 not in self.metric.outputs

    @cached_property
    def pair(self) -> BoxForms:
        """(M, M Df + (M Df)^T + sum_k (d_k M) f_k), joined to one vector (2 n n,)."""
        builder, n = Builder(), len(self.lower)
        point = builder.input(self.field.inputs[0])
        symmetric = _symmetric_part(self.metric)
        metric, field = _inlined(builder, symmetric, point), _inlined(builder, self.field, point)
        slope, turn = (_inlined(builder, jacobian_program(p), point) for p in (self.field, symmetric))
        moved = builder.emit("reshape", turn, shape=(n * n, n))
        along = builder.emit("reshape", _product(builder, moved, field), shape=(n, n))
        product = _product(builder, metric, slope)
        both = builder.emit("add", product, builder.emit("transpose", product, permutation=(1, 0)))
        total = builder.emit("add", both, along)
        parts = [builder.emit("reshape", x, shape=(n * n,)) for x in (metric, total)]
        return BoxForms(builder.program([builder.emit("concatenate", *parts, axis=0)]))

    @cached_property
    def faces(self) -> BoxForms:
        """The field over boxes."""
        return BoxForms(self.field)

    def smooth(self, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        """For each box whether field and metric are proved real-analytic around it."""
        boxes = Ball.from_bounds(lower, upper)
        return np.logical_and(*(analytic_on(p, [boxes], batch=[True]).holds for p in (self.field, self.metric)))


def contracts(statement: ContractionProblem, rate: float, lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
    """For which boxes M > 0 and M Df + Df^T M + M' < -2 rate M are proved, (N,)."""
    n = len(statement.lower)
    forms = statement.pair.forms(lower, upper)
    metric = forms.map(lambda a: a[:, : n * n].reshape(-1, n, n))
    change = forms.map(lambda a: a[:, n * n :].reshape(-1, n, n))
    defect = negative(add(change, scaled(metric, Ball.exact(2 * rate))))
    passed = are_positive_definite(metric.range()) & are_positive_definite(defect.range())
    passed[passed] = statement.smooth(lower[passed], upper[passed])
    return passed


def prove_contraction_metric(problem: Mapping[str, Any], witness: Mapping[str, Any]) -> ProofResult:
    """Prove contraction at the witness's rate on the box, and whether no solution leaves the box.

    problem: see `ContractionProblem`. witness: rate > 0 (1 / time), parts, the subdivision, invariant: whether all
    faces are to be tested, exhausted: what ended the search, where parts are left open.
    """
    statement = ContractionProblem.from_tree(problem)
    rate, invariant = witness.get("rate"), witness.get("invariant")
    if not isinstance(rate, float) or not 0 < rate < np.inf or not isinstance(invariant, bool):
        raise CertificateError("the certificate's witness has no rate > 0, or does not say whether solutions stay")

    def test(lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        return contracts(statement, rate, lower, upper)

    left = len(open_parts(test, unpack(witness.get("parts")), statement.lower, statement.upper)[0])
    theorem = say("contraction.theorem")
    if left:
        spent = witness.get("exhausted")
        if spent not in EXHAUSTED:
            raise CertificateError(f"the certificate's search was ended by {spent!r:.40}, which ends none")
        claims = (claim("inequality.undecided-boxes", Enclosure(float(left), float(left))),)
        reason, advice = say("inequality.open", count=left, why=spent), say("contraction.other-metric")
        return ProofResult(Verdict.UNDECIDED, theorem, claims, (), reason, advice)
    smooth = hypothesis("contraction.smooth", Status.PROVED, say("contraction.analytic"))
    return ProofResult(Verdict.PROVED, theorem, _claims(statement, rate, invariant), (smooth,))


def _claims(statement: ContractionProblem, rate: float, invariant: bool) -> tuple[Claim, ...]:
    kind = "constant" if statement.is_constant else "varying"
    own = claim("contraction.rate", Enclosure(rate, rate), metric=kind)
    if not invariant:
        return (own,)
    if not is_invariant(statement):
        raise CertificateError("a face of the certificate's box is not proved to be crossed inwards alone")
    return (own, claim("contraction.invariant"))


def is_invariant(statement: ContractionProblem) -> bool:
    """Whether on each face the field is proved to point strictly into the box [M. Nagumo, 1942]."""
    for axis in range(len(statement.lower)):
        for corner, side in ((statement.lower, 1), (statement.upper, -1)):
            lower, upper = statement.lower.copy(), statement.upper.copy()
            lower[axis] = upper[axis] = corner[axis]
            if not holds_on(_inwards(statement, axis, side), lower, upper, _FACE_HALVINGS):
                return False
    return True


def _inwards(statement: ContractionProblem, axis: int, side: int) -> Any:
    def test(lower: np.ndarray, upper: np.ndarray) -> np.ndarray:
        values = statement.faces.forms(lower, upper).range()
        return np.asarray(values.lower[:, axis] > 0 if side > 0 else values.upper[:, axis] < 0)

    return test


def _symmetric_part(metric: Program) -> Program:
    builder = Builder()
    value = _inlined(builder, metric, builder.input(metric.inputs[0]))
    total = builder.emit("add", value, builder.emit("transpose", value, permutation=(1, 0)))
    return builder.program([builder.emit("mul", builder.number(0.5), total)])


def _inlined(builder: Builder, program: Program, point: int) -> int:
    return builder.inline(program, [point])[program.outputs[0]]


def _product(builder: Builder, x: int, y: int) -> int:
    """x y for a matrix x and a matrix or vector y."""
    return builder.emit("dot_general", x, y, left_contract=(1,), right_contract=(0,), left_batch=(), right_batch=())
