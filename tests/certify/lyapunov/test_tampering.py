"""Witnesses as an adversary writes them: refused, or what they prove still holds.

Every number, array, list and name of a witness is changed, alone and together with others, for families whose exponents
are known in closed form, from the literature, or from a long independent computation. A prover may answer with a
`CertificateError` or with an enclosure; the enclosure must contain the exponent.
"""

import copy
import math
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import flint
import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.effort import EffortExceeded, counting
from certify.lyapunov.directions import lower_bound
from certify.lyapunov.directions import n_step_growth as delayed_growth
from certify.lyapunov.directions.face_bounds import cell_logarithms
from certify.lyapunov.directions.face_tree import uniform_tree
from certify.lyapunov.families.family import Family, matrix_family
from certify.lyapunov.families.sgd_family import SGDFamily, sgd_family
from certify.lyapunov.prove import prove_one, target_of
from certify.lyapunov.structure import lift, reduction, scaling
from certify.lyapunov.structure import perturbed_kronecker_product as near_product
from foundation import CertificateError, InputError
from search.lyapunov.directions import fractional_moment_bound as moment_function_search
from search.lyapunov.directions.face_collocation import solve
from search.lyapunov.directions.line_collocation import solve_adaptively
from search.lyapunov.norms import contraction as contraction_search
from search.lyapunov.norms.word_tree import likely_words
from search.lyapunov.registry import Proposer
from search.lyapunov.structure import kronecker_form as kronecker_form_search
from search.lyapunov.structure import perturbed_symmetric_square as near_lift_search
from search.lyapunov.structure import reduction as reduction_search
from search.lyapunov.structure import scaling as scaling_search
from search.lyapunov.structure import stationary_measure_regularity as planar_tails_search

Path = tuple[Any, ...]

# D. Viswanath, Math. Comp. 69 (2000); independent 20-digit computations of the others (see conftest).
_FIBONACCI, _SHEARS, _SINGULAR, _UNSTABLE = 0.12397559880335, 0.39621256429774456, -0.004602033302672292, 0.29115828539
_FIB = [[[0, 1], [1, 1]], [[0, 1], [1, -1]]]
_SHEAR = [[[1, 1], [0, 1]], [[1, 0], [1, 1]]]
_BASIS = [[2, 1, 0, 0], [0, 1, 1, 0], [1, 0, 1, 1], [0, 1, 0, 1]]


def _sgd_rows(rate: Fraction) -> list[Any]:
    """I - rate e_i e_i^T K for the features (x, x^2) at 1 and 2: K = [[2, 6], [6, 20]]."""
    gram = [[2, 6], [6, 20]]
    return [[[int(r == c) - (rate * gram[i][c] if r == i else 0) for c in (0, 1)] for r in (0, 1)] for i in (0, 1)]


def _square(rows: Any) -> Any:
    (a, b), (c, d) = rows
    return [[a * a, 2 * a * b, b * b], [a * c, a * d + b * c, b * d], [c * c, 2 * c * d, d * d]]


def _products(first: Any, second: Any) -> list[Any]:
    return [[[a[i // 2][j // 2] * b[i % 2][j % 2] for j in range(4)] for i in range(4)] for a in first for b in second]


def _in_basis(matrices: list[Any]) -> list[Any]:
    """T^-1 A T for a fixed integer T, in rationals."""
    size = len(matrices[0])
    t = flint.fmpq_mat([[flint.fmpq(x) for x in row[:size]] for row in _BASIS[:size]])
    exact = [flint.fmpq_mat([[_fmpq(x) for x in row] for row in a]) for a in matrices]
    return [(t.inv() * a * t).tolist() for a in exact]


def _fmpq(x: Any) -> Any:
    return flint.fmpq(Fraction(x).numerator, Fraction(x).denominator)


def _blurred(matrices: Any, radius: float) -> Family:
    mid = np.array(matrices, dtype=float)
    return matrix_family(Ball(mid, np.full(mid.shape, radius)))


@dataclass(frozen=True)
class Case:
    """A family, an engine that applies to it, its exponent, how well that is known; `small`: a light witness."""

    engine: str
    family: Callable[[], Any]
    exponent: float
    known_to: float = 1e-9
    small: Callable[[Any], Any] | None = None


def _bounds(*families: Any) -> list[Any]:
    """For each family the proofs by its determinant and by one letter."""
    one = [["determinant", {}], ["contraction", None]]
    return [[[name, found or contraction_search.propose(x, 0, math.inf)] for name, found in one] for x in families]


def _line(family: Any) -> Any:
    found = solve_adaptively(family.matrices.mid, family.probabilities.mid, 300, math.inf)
    return {"nodes": found.nodes, "values": found.values, "exponent": found.exponent, "rounds": 40}


def _cells(family: Any) -> Any:
    tree = uniform_tree(family.dimension, 5 - family.dimension)
    flat = np.zeros((len(tree.leaves), 1 << (family.dimension - 1)))
    values, exponent = solve(family.matrices.mid, family.probabilities.mid, tree, flat, 20)
    witness = {"splits": tree.splits.astype(float), "values": values, "exponent": exponent, "rounds": 40, "start": 0}
    return witness | {"frame": np.zeros((0, 0))}


def _scaled(family: Any) -> Any:
    shifts, weights = scaling_search._balance(family.matrices.magnitude)
    return {"shifts": shifts, "weights": weights, "proofs": _bounds(scaling.scaled(family, shifts, weights))[0]}


def _reduced(family: Any) -> Any:
    basis = None if len(reduction.components(family)) > 1 else reduction_search._basis(family)
    blocks = reduction.diagonal_blocks(family if basis is None else reduction.in_basis(family, basis))
    return {
        "basis": [] if basis is None else [[str(x) for x in row] for row in basis.tolist()],
        "blocks": _bounds(*blocks),
    }


def _lifted(family: Any) -> Any:
    return {"factors": _bounds(*lift.lift_of(family).factors)}


def _near_lift(family: Any) -> Any:
    basis, factors = next(iter(near_lift_search._frames(family)))
    return near_lift_search._best_blur(family, basis, factors, 300, math.inf)[0] | {"rounds": 40}


def _near_product(family: Any) -> Any:
    found = kronecker_form_search.recognised(family.matrices.mid)
    assert found is not None
    probabilities = near_product.factor_probabilities(family, found.rows, found.columns)
    assert probabilities is not None
    planes = [matrix_family(x, w) for x, w in zip((found.left, found.right), probabilities, strict=True)]
    matrices = {"basis": found.basis, "left": found.left, "right": found.right}
    places = {"rows": found.rows.astype(float), "columns": found.columns.astype(float)}
    tails = [planar_tails_search.propose_tails(x, 0.3, 5) | {"rounds": 3} for x in planes]
    return matrices | places | {"proofs": _bounds(*planes), "tails": tails}


def _moments(family: Any) -> Any:
    splits = uniform_tree(2, 5).splits.astype(float)
    low, high, met = cell_logarithms(family, uniform_tree(2, 5))
    witness = {"splits": splits, "frame": np.zeros((0, 0))}
    for side, logs in (("upper", high), ("lower", -low)):
        power, weights = moment_function_search._best_power(family.probabilities.mid, logs, met)
        witness |= {f"{side}_power": power, f"{side}_weights": weights}
    return witness


def _words(family: Any) -> Any:
    listed = likely_words(family.probabilities.mid, 8)
    return {"words": [list(word) for word in listed], "metric": np.eye(family.dimension)}


def _growth(family: Any) -> Any:
    return {"frame": np.zeros((0, 0)), "lower": np.array([-1.0, -0.9]), "upper": np.array([2.5, 2.0])}


_LOG2 = math.log(2)
CASES = {
    "one matrix": Case("exact", lambda: matrix_family([[[2, 1], [1, 1]]]), math.log((3 + math.sqrt(5)) / 2)),
    "triangular": Case("exact", lambda: matrix_family([[[2, 1], [0, 0.5]], [[3, 1], [0, 1]]]), math.log(6) / 2),
    "monomial": Case("exact", lambda: matrix_family([[[0, 3], [1, 0]], [[2, 0], [0, 5]]]), math.log(30) / 4),
    "rank one": Case("exact", lambda: matrix_family([[[1, 1], [1, 1]], [[1, 2], [2, 4]]]), math.log(2 * 5 * 3 * 3) / 4),
    "large": Case(
        "scaling",
        lambda: matrix_family((np.array(_SHEAR) * 2.0**300).tolist()),
        _SHEARS + 300 * _LOG2,
        1e-9,
        small=_scaled,
    ),
    "large balls": Case(
        "scaling", lambda: _blurred(np.array(_SHEAR) * 2.0**300, 2.0**200), _SHEARS + 300 * _LOG2, small=_scaled
    ),
    "log 2": Case("scaling", lambda: _blurred([np.diag([2.0, 2.0**-300])], 2.0**-400), _LOG2, small=_scaled),
    "contraction": Case("contraction", lambda: matrix_family(_FIB), _FIBONACCI),
    "contraction of a nilpotent letter": Case("contraction", lambda: matrix_family([[[0, 1], [0, 0]]]), -math.inf),
    "renewal": Case("renewal", lambda: matrix_family(_sgd_rows(Fraction(1, 20))), _SINGULAR),
    "reduction": Case(
        "reduction",
        lambda: matrix_family([[[*a[0], 1], [*a[1], 1], [0, 0, 1]] for a in _FIB]),
        _FIBONACCI,
        small=_reduced,
    ),
    "reduction in a basis": Case(
        "reduction",
        lambda: matrix_family(_in_basis([[[*a[0], 1], [*a[1], 1], [0, 0, 1]] for a in _FIB])),
        _FIBONACCI,
        small=_reduced,
    ),
    "lift": Case("lift", lambda: matrix_family([_square(a) for a in _FIB]), 2 * _FIBONACCI, small=_lifted),
    "near lift": Case(
        "near_lift", lambda: matrix_family(_in_basis([_square(a) for a in _FIB])), 2 * _FIBONACCI, small=_near_lift
    ),
    "near product": Case(
        "near_product",
        lambda: matrix_family(_in_basis(_products(_FIB, _SHEAR))),
        _FIBONACCI + _SHEARS,
        small=_near_product,
    ),
    "second moment": Case("second_moment", lambda: matrix_family(_FIB), _FIBONACCI),
    "concave bound": Case("concave_bound", lambda: matrix_family(_sgd_rows(Fraction(9, 50))), _UNSTABLE),
    "cone": Case("cone", lambda: matrix_family(_SHEAR), _SHEARS),
    "cone of a singular family": Case("cone", lambda: matrix_family(_sgd_rows(Fraction(1, 20))), _SINGULAR),
    "words": Case("words", lambda: matrix_family(_FIB), _FIBONACCI, small=_words),
    "projective line": Case("projective_line", lambda: matrix_family(_FIB), _FIBONACCI, small=_line),
    "projective line of a singular family": Case(
        "projective_line", lambda: matrix_family(_sgd_rows(Fraction(1, 20))), _SINGULAR, small=_line
    ),
    "half sphere": Case("half_sphere", lambda: matrix_family([_square(a) for a in _FIB]), 2 * _FIBONACCI, small=_cells),
    "three sphere": Case(
        "three_sphere", lambda: matrix_family(_products(_FIB, _SHEAR)), _FIBONACCI + _SHEARS, small=_cells
    ),
    "delayed growth": Case(
        "delayed_growth", lambda: matrix_family(_products(_SHEAR, _SHEAR)), 2 * _SHEARS, small=_growth
    ),
    "lower bound": Case("lower_bound", lambda: matrix_family(_SHEAR), _SHEARS),
    "stopping words": Case("stopping_words", lambda: matrix_family(_FIB), _FIBONACCI),
    "block bound": Case("block_bound", lambda: matrix_family(_sgd_rows(Fraction(1, 20))), _SINGULAR),
    "moment function": Case("moment_function", lambda: matrix_family(_FIB), _FIBONACCI, small=_moments),
    "moment function of a singular family": Case(
        "moment_function", lambda: matrix_family(_sgd_rows(Fraction(1, 20))), _SINGULAR, small=_moments
    ),
    "SGD": Case("sgd_concave_bound", lambda: sgd_family([[2, 6], [6, 20]], Fraction(9, 50)), _UNSTABLE),
    "SGD in blocks": Case("sgd_reduction", lambda: sgd_family([[2, 0], [0, 4]], Fraction(1, 5)), math.log(0.6) / 2),
    "SGD as a list": Case(
        "explicit/words", lambda: sgd_family([[2, 6], [6, 20]], Fraction(9, 50)), _UNSTABLE, small=_words
    ),
}

_NUMBERS = (0.0, 1.0, -1.0, 2.0, 0.5, 1e-300, 5e-324, -1e-300, 1e300, -1e300, 1.7e308, 1e-9, 40.0, math.nan, math.inf)


def leaves(value: Any, path: Path = ()) -> Iterator[Path]:
    """The places of all numbers, names, arrays and lists of a witness."""
    if path:
        yield path
    if isinstance(value, dict):
        for key in value:
            yield from leaves(value[key], (*path, key))
    elif isinstance(value, list):
        for index in range(len(value)):
            yield from leaves(value[index], (*path, index))


def at(value: Any, path: Path) -> Any:
    for step in path:
        value = value[step]
    return value


def changed(witness: Any, path: Path, value: Any) -> Any:
    """A copy of the witness with `value` in the place."""
    result = copy.deepcopy(witness)
    holder = at(result, path[:-1])
    holder[path[-1]] = value
    return result


def variants(value: Any, generator: np.random.Generator, names: list[str]) -> Iterator[Any]:
    """What an adversary may write instead of `value`."""
    if isinstance(value, np.ndarray):
        yield from _arrays(value, generator)
    elif isinstance(value, bool | int | float):
        near = [math.nextafter(value, math.inf), math.nextafter(value, -math.inf), value * (1 + 1e-9), value * 0.9]
        steps = [-value, value + 1, value - 1, 2 * value, value / 2, value * 1.001, value - 0.05, value + 0.05]
        for number in (*near, *steps, *_NUMBERS, -math.inf):
            yield number
            if isinstance(value, int) and math.isfinite(number) and abs(number) < 1e6:
                yield int(number)
    elif isinstance(value, list):
        yield from ([], value[1:], value[:-1], value[::-1], value + value[:1], value + value, [value], value[:1], None)
    elif isinstance(value, str):
        yield from (*names, "", "none", "1e400", "1/0", "-1", "7/3")
    else:
        yield from (None, {}, [], 0)


def _arrays(value: np.ndarray, generator: np.random.Generator) -> Iterator[np.ndarray]:
    size = np.abs(value).max(initial=0.0)
    yield from (value[1:], value[:-1], value[:1], value[::-1], value.T, value.ravel(), value[None], value[..., :1])
    yield np.concatenate([value, value[-1:]])
    yield np.concatenate([value[:1], value])
    for factor in (0.0, -1.0, 1e-9, 1e9, 1 + 1e-6, 0.5, 1e-300, 1e300, math.nan, math.inf):
        yield value * factor
    for shift in (0.05 * size, -0.05 * size, 1.0, -1.0, 1e-8, 1e300):
        yield value + shift
    yield np.zeros(value.shape)
    yield np.zeros((0,) * value.ndim)
    yield generator.permuted(value, axis=-1) if value.ndim else value
    yield value + generator.normal(size=value.shape) * size
    yield value + generator.normal(size=value.shape) * size * 1e-3
    for _ in range(6):
        if not value.size:
            return
        place = tuple(int(generator.integers(n)) for n in value.shape)
        for number in (*_NUMBERS, -value[place], np.nextafter(value[place], np.inf), value[place] * 1.5):
            one = np.array(value, dtype=float)
            one[place] = number
            yield one


def mutations(witness: Any, name: str) -> list[tuple[str, Any]]:
    """Every change of one place, and a third as many random changes of several places."""
    names = ["words", "exact", "determinant", "lower_bound"]
    with np.errstate(all="ignore"):
        return list(_mutations(witness, name, names))


def _mutations(witness: Any, name: str, names: list[str]) -> Iterator[tuple[str, Any]]:
    generator = np.random.default_rng(zlib.crc32(name.encode()))
    places = list(leaves(witness))
    # long lists (words, proofs) are changed at a few places
    kept = [path for path in places if len(path) < 3] + [path for path in places if len(path) >= 3][:400:7]
    count = 0
    for path in kept:
        for value in variants(at(witness, path), generator, names):
            count += 1
            yield f"{path} <- {_short(value)}", changed(witness, path, value)
    for _ in range(count // 3):
        changes, result = [], witness
        for path in [kept[int(i)] for i in generator.integers(len(kept), size=int(generator.integers(2, 4)))]:
            try:
                options = list(variants(at(result, path), generator, names))
                value = options[int(generator.integers(len(options)))]
                result = changed(result, path, value)
            except (KeyError, IndexError, TypeError):
                continue
            changes.append(f"{path} <- {_short(value)}")
        yield "; ".join(changes), result


def _short(value: Any) -> str:
    return f"array {value.shape} {value.ravel()[:3]}" if isinstance(value, np.ndarray) else repr(value)[:60]


def proposed(case: Case) -> tuple[Any, Any]:
    """The family and a witness of the engine; numbers stay what they are."""
    family = case.family()
    target, engine = target_of(family, case.engine)
    with np.errstate(all="ignore"):
        return family, case.small(target) if case.small else Proposer(engine).propose(target, 0, math.inf)


def fault(case: Case, family: Family | SGDFamily, witness: Any) -> str | None:
    """None when the witness is refused or proves the truth, else what it proves."""
    try:
        found = prove_one(family, case.engine, witness)
    except CertificateError as error:
        return str(error) if "contradict" in str(error) else None
    low, high = case.exponent - case.known_to, case.exponent + case.known_to
    return None if found.lower <= high and found.upper >= low else f"proves {found}, true {case.exponent}"


@pytest.mark.parametrize("name", CASES)
def test_the_witness_itself_proves_the_exponent(name: str) -> None:
    case = CASES[name]
    family, witness = proposed(case)
    assert fault(case, family, witness) is None
    found = prove_one(family, case.engine, witness)
    assert found.lower > -math.inf or found.upper < math.inf


# changes of a witness that every run tries; `make soundness` tries them all
_SAMPLE = 60


@pytest.fixture(autouse=True)
def few_cells(monkeypatch: pytest.MonkeyPatch) -> None:
    """Growth that cannot be proved is given up early."""
    monkeypatch.setattr(lower_bound, "_MOST_CELLS", 2000)
    monkeypatch.setattr(delayed_growth, "_MOST_CELLS", 1000)


@pytest.mark.parametrize("name", CASES)
def test_a_changed_witness_is_refused_or_right(name: str) -> None:
    case = CASES[name]
    family, witness = proposed(case)
    listed = mutations(witness, name)
    for label, forged in listed[:: max(len(listed) // _SAMPLE, 1)]:
        assert fault(case, family, forged) is None, label


@pytest.mark.exhaustive
@pytest.mark.parametrize("name", CASES)
def test_every_change_of_a_witness_is_refused_or_right(name: str) -> None:
    case = CASES[name]
    family, witness = proposed(case)
    for label, forged in mutations(witness, name):
        assert fault(case, family, forged) is None, label


def test_shifts_that_underflow_are_refused() -> None:
    """Powers of two below 2^-1074 are zero: entries that vanish so are no exact zeros."""
    family = _blurred([[[2.0, 0.0], [0.0, 1.0]]], 0.0)
    blurred = matrix_family(Ball(family.matrices.mid, np.full((1, 2, 2), 1e-30)))
    for shift in (1100, 2200, 4400):
        forged = {
            "shifts": [shift],
            "weights": [0, 0],
            "proofs": [["exact", {"structure": "one matrix", "precision": 256}]],
        }
        try:
            found = prove_one(blurred, "scaling", forged)
        except (CertificateError, InputError):
            continue
        assert found.lower <= _LOG2 + 1e-9
        assert found.upper >= _LOG2 - 1e-9


_HUGE = (10**9, 10**5, 20_000, 4_000, 400)
_ALLOWED, _SLACK = 0.25, 20.0


def counted(family: Any, engine: str, witness: Any) -> tuple[bool, float]:
    """Whether the witness was read (and perhaps stopped for its work), and the seconds computed."""
    begin = time.process_time()
    try:
        with counting(_ALLOWED):
            prove_one(family, engine, witness)
    except EffortExceeded:
        pass
    except (CertificateError, InputError):
        return False, time.process_time() - begin
    return True, time.process_time() - begin


def whole_numbers(witness: Any) -> list[Path]:
    """The places of some numbers that may be counts, nested proofs included."""
    found = []
    for path in leaves(witness):
        value = at(witness, path)
        if isinstance(value, int | float) and not isinstance(value, bool) and value == round(value) and len(path) < 6:
            found.append(path)
    return found[:8]


@pytest.mark.parametrize("name", CASES)
def test_huge_counts_are_stopped_by_the_budget(name: str) -> None:
    """What a few numbers in a small file ask for is counted: proofs end soon after their allowance."""
    case = CASES[name]
    family, witness = proposed(case)
    most = _ALLOWED * _SLACK + 10 * counted(family, case.engine, witness)[1]
    together = witness
    for path in whole_numbers(witness):
        for value in _HUGE:
            read, seconds = counted(family, case.engine, changed(witness, path, value))
            assert seconds < most, (path, value)
            if read:
                together = changed(together, path, value)
                break
    assert counted(family, case.engine, together)[1] < most


@pytest.mark.parametrize("name", CASES)
def test_bounds_do_not_hang_on_the_precision_that_others_left(name: str) -> None:
    case = CASES[name]
    family, witness = proposed(case)
    found = prove_one(family, case.engine, witness)
    before = flint.ctx.prec
    try:
        for bits in (2, 3000):
            flint.ctx.prec = bits
            again = prove_one(family, case.engine, witness)
            assert (again.lower, again.upper) == (found.lower, found.upper), bits
    finally:
        flint.ctx.prec = before
