"""Witnesses as an adversary writes them: refused, or what they prove still holds.

Every number, array, list and name of a witness is changed, alone and together with others, for families whose exponents
are known in closed form, from the literature, or from a long independent computation. A prover may answer with a
`CertificateError` or with an enclosure; the enclosure must contain the exponent.
"""

import copy
import math
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import pytest

from certify.arithmetic import Ball
from certify.lyapunov.driver import _target, prove_one
from certify.lyapunov.family import Family, family
from certify.lyapunov.sgd_family import SGDFamily, sgd_family
from foundation import CertificateError, InputError

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
    import flint

    size = len(matrices[0])
    t = flint.fmpq_mat([[flint.fmpq(x) for x in row[:size]] for row in _BASIS[:size]])
    exact = [flint.fmpq_mat([[_fmpq(x) for x in row] for row in a]) for a in matrices]
    return [(t.inv() * a * t).tolist() for a in exact]


def _fmpq(x: Any) -> Any:
    import flint

    return flint.fmpq(Fraction(x).numerator, Fraction(x).denominator)


def _blurred(matrices: Any, radius: float) -> Family:
    mid = np.array(matrices, dtype=float)
    return family(Ball(mid, np.full(mid.shape, radius)))


@dataclass(frozen=True)
class Case:
    """A family, an engine that applies to it, its exponent, and how well that is known."""

    engine: str
    members: Callable[[], Any]
    exponent: float
    known_to: float = 1e-9
    effort: int = 0


_LOG2 = math.log(2)
CASES = {
    "one matrix": Case("exact", lambda: family([[[2, 1], [1, 1]]]), math.log((3 + math.sqrt(5)) / 2)),
    "triangular": Case("exact", lambda: family([[[2, 1], [0, 0.5]], [[3, 1], [0, 1]]]), math.log(6) / 2),
    "monomial": Case("exact", lambda: family([[[0, 3], [1, 0]], [[2, 0], [0, 5]]]), math.log(30) / 4),
    "rank one": Case("exact", lambda: family([[[1, 1], [1, 1]], [[1, 2], [2, 4]]]), math.log(2 * 5 * 3 * 3) / 4),
    "large": Case("scaling", lambda: family((np.array(_SHEAR) * 2.0**300).tolist()), _SHEARS + 300 * _LOG2, 1e-9),
    "large balls": Case("scaling", lambda: _blurred(np.array(_SHEAR) * 2.0**300, 2.0**200), _SHEARS + 300 * _LOG2),
    "log 2": Case("scaling", lambda: _blurred([np.diag([2.0, 2.0**-300])], 2.0**-400), _LOG2),
    "contraction": Case("contraction", lambda: family(_FIB), _FIBONACCI),
    "contraction of a nilpotent letter": Case("contraction", lambda: family([[[0, 1], [0, 0]]]), -math.inf),
    "renewal": Case("renewal", lambda: family(_sgd_rows(Fraction(1, 20))), _SINGULAR),
    "reduction": Case(
        "reduction",
        lambda: family([[[*a[0], 1], [*a[1], 1], [0, 0, 1]] for a in _FIB]),
        _FIBONACCI,
    ),
    "reduction in a basis": Case(
        "reduction",
        lambda: family(_in_basis([[[*a[0], 1], [*a[1], 1], [0, 0, 1]] for a in _FIB])),
        _FIBONACCI,
    ),
    "lift": Case("lift", lambda: family([_square(a) for a in _FIB]), 2 * _FIBONACCI),
    "near lift": Case("near_lift", lambda: family(_in_basis([_square(a) for a in _FIB])), 2 * _FIBONACCI),
    "near product": Case("near_product", lambda: family(_in_basis(_products(_FIB, _SHEAR))), _FIBONACCI + _SHEARS),
    "second moment": Case("second_moment", lambda: family(_FIB), _FIBONACCI),
    "concave bound": Case("concave_bound", lambda: family(_sgd_rows(Fraction(9, 50))), _UNSTABLE),
    "cone": Case("cone", lambda: family(_SHEAR), _SHEARS),
    "cone of a singular family": Case("cone", lambda: family(_sgd_rows(Fraction(1, 20))), _SINGULAR),
    "words": Case("words", lambda: family(_FIB), _FIBONACCI),
    "projective line": Case("projective_line", lambda: family(_FIB), _FIBONACCI),
    "projective line of a singular family": Case(
        "projective_line", lambda: family(_sgd_rows(Fraction(1, 20))), _SINGULAR
    ),
    "half sphere": Case("half_sphere", lambda: family([_square(a) for a in _FIB]), 2 * _FIBONACCI),
    "three sphere": Case("three_sphere", lambda: family(_products(_FIB, _SHEAR)), _FIBONACCI + _SHEARS),
    "delayed growth": Case("delayed_growth", lambda: family(_products(_SHEAR, _SHEAR)), 2 * _SHEARS),
    "lower bound": Case("lower_bound", lambda: family(_SHEAR), _SHEARS),
    "stopping words": Case("stopping_words", lambda: family(_FIB), _FIBONACCI),
    "block bound": Case("block_bound", lambda: family(_sgd_rows(Fraction(1, 20))), _SINGULAR),
    "moment function": Case("moment_function", lambda: family(_FIB), _FIBONACCI),
    "moment function of a singular family": Case(
        "moment_function", lambda: family(_sgd_rows(Fraction(1, 20))), _SINGULAR
    ),
    "SGD": Case("sgd_concave_bound", lambda: sgd_family([[2, 6], [6, 20]], Fraction(9, 50)), _UNSTABLE),
    "SGD in full batches": Case(
        "sgd_concave_bound", lambda: sgd_family([[2, 0], [0, 4]], Fraction(1, 5), 2), math.log(0.8)
    ),
    "SGD in blocks": Case("sgd_reduction", lambda: sgd_family([[2, 0], [0, 4]], Fraction(1, 5)), math.log(0.8) / 2),
    "SGD as a list": Case("explicit/words", lambda: sgd_family([[2, 6], [6, 20]], Fraction(9, 50)), _UNSTABLE),
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


def mutations(witness: Any, name: str, names: list[str]) -> Iterator[tuple[str, Any]]:
    """Every change of one place, and as many random changes of several places."""
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
    members = case.members()
    target, engine = _target(members, case.engine)
    with np.errstate(all="ignore"):
        return members, engine.propose(target, case.effort, math.inf)


def fault(case: Case, members: Family | SGDFamily, witness: Any) -> str | None:
    """None when the witness is refused or proves the truth, else what it proves."""
    try:
        found = prove_one(members, case.engine, witness)
    except CertificateError as error:
        return str(error) if "contradict" in str(error) else None
    low, high = case.exponent - case.known_to, case.exponent + case.known_to
    return None if found.lower <= high and found.upper >= low else f"proves {found}, true {case.exponent}"


@pytest.mark.parametrize("name", CASES)
def test_the_witness_itself_proves_the_exponent(name: str) -> None:
    case = CASES[name]
    members, witness = proposed(case)
    assert fault(case, members, witness) is None
    found = prove_one(members, case.engine, witness)
    assert found.lower > -math.inf or found.upper < math.inf


_SAMPLE = 30


@pytest.mark.parametrize("name", CASES)
def test_a_changed_witness_is_refused_or_right(name: str) -> None:
    case = CASES[name]
    members, witness = proposed(case)
    listed = list(mutations(witness, name, ["words", "exact", "determinant", "lower_bound"]))
    for label, forged in listed[:: max(len(listed) // _SAMPLE, 1)]:
        assert fault(case, members, forged) is None, label


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_every_change_of_a_witness_is_refused_or_right(name: str) -> None:
    case = CASES[name]
    members, witness = proposed(case)
    for label, forged in mutations(witness, name, ["words", "exact", "determinant", "lower_bound"]):
        assert fault(case, members, forged) is None, label


def test_shifts_that_underflow_are_refused() -> None:
    """Powers of two below 2^-1074 are zero: entries that vanish so are no exact zeros."""
    members = _blurred([[[2.0, 0.0], [0.0, 1.0]]], 0.0)
    blurred = family(Ball(members.matrices.mid, np.full((1, 2, 2), 1e-30)))
    for shift in (1100, 2200, 4400):
        forged = {"shifts": [shift], "weights": [0, 0], "proofs": [["exact", {"structure": "one matrix", "precision": 256}]]}
        try:
            found = prove_one(blurred, "scaling", forged)
        except (CertificateError, InputError):
            continue
        assert found.lower <= _LOG2 + 1e-9
        assert found.upper >= _LOG2 - 1e-9
