"""Coordinates that an optimiser scales differently: entries of its linear forms as products, and one positive diagonal.

With the memory of coordinate i in units t_r(i), a step (parameter, memory) -> a_i (parameter, memory) + b_i g_i becomes
a (parameter, memory) + b beta_i g_i with one a and one b, where the entries allow it. Then the eigenvalues of the
linearised step are those of a + h b e^T for the eigenvalues h of D_beta^(1/2) H D_beta^(1/2)
(docs/theory/preconditioned-steps.md). That entries are the same up to such units is an identity of products of numbers
that are known by their recipes, never a comparison of intervals.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import final

import numpy as np

from certify.arithmetic import Ball
from certify.training.optimizer.jets import Refused
from certify.training.optimizer.scalars import Recipes, Scalar

GROUPS = "the optimiser treats groups of parameters differently"
_UNLIKE = "the memory or a constant scales the parameters differently, in more than one way"

# A set of coordinates; None for all of them.
Piece = tuple[int, ...] | None


@final
@dataclass(frozen=True)
class Product:
    """sign times powers of numbers (by their recipes) and of arrays with one number a coordinate (by their places)."""

    sign: int = 1
    numbers: tuple[tuple[int, int], ...] = ()
    arrays: tuple[tuple[int, int], ...] = ()

    def times(self, other: "Product", power: int = 1) -> "Product":
        """self other^power."""
        return Product(
            self.sign * other.sign,
            _powers(self.numbers, other.numbers, power),
            _powers(self.arrays, other.arrays, power),
        )


Parts = list[tuple[Piece, Product]]


def _powers(x: tuple[tuple[int, int], ...], y: tuple[tuple[int, int], ...], power: int) -> tuple[tuple[int, int], ...]:
    total = dict(x)
    for key, exponent in y:
        total[key] = total.get(key, 0) + power * exponent
    return tuple(sorted((key, exponent) for key, exponent in total.items() if exponent))


def side_by_side(
    recipes: Recipes, forms: Sequence[tuple[Scalar, ...]], owners: Sequence[np.ndarray], note: str = ""
) -> tuple[Scalar, ...]:
    """The form of arrays that stand side by side: the same entries, or one entry for each array's coordinates."""
    first = forms[0]
    if all([e.key for e in form] == [e.key for e in first] for form in forms):
        return first
    apart = np.unique(np.concatenate([np.unique(o) for o in owners])).size == sum(np.unique(o).size for o in owners)
    if not apart or any(len(form) != len(first) for form in forms) or any(bool((o < 0).any()) for o in owners):
        raise Refused(note or GROUPS)
    entries = []
    for parts in zip(*forms, strict=True):
        if len({x.key for x in parts}) == 1:
            entries.append(parts[0])
        elif any(bool(x.ball.lower <= 0 <= x.ball.upper) for x in parts):
            raise Refused(note or GROUPS)
        else:
            entries.append(recipes.joined(list(parts), list(owners)))
    return tuple(entries)


def parts_of(recipes: Recipes, scalar: Scalar) -> Parts:
    """The number as a product, on every set of coordinates where it is one; raises `Refused` where it is none."""
    return _parts(recipes, scalar.key)


def _parts(recipes: Recipes, key: int) -> Parts:
    name, *operands = recipes.recipes[key]
    if name == "field":
        coordinates = tuple(recipes.fields[operands[0]][0].tolist())
        return [(coordinates, Product(arrays=((operands[0], 1),)))]
    if name == "joined":
        keys, pieces = operands
        return [
            found for k, piece in zip(keys, pieces, strict=True) for found in _restricted(_parts(recipes, k), piece)
        ]
    if name in ("mul", "div"):
        power = 1 if name == "mul" else -1
        x, y = (_parts(recipes, k) for k in operands)
        return [(piece, p.times(q, power)) for piece, p, q in _paired(x, y)]
    if name == "neg":
        return [(piece, Product(-p.sign, p.numbers, p.arrays)) for piece, p in _parts(recipes, operands[0])]
    found = recipes.scalars.get(key)
    if name in ("add", "sub") and found is not None and found.varies:
        x, y = (_parts(recipes, k) for k in operands)
        return [(piece, _sum(recipes, name, p, q)) for piece, p, q in _paired(x, y)]
    if found is not None and found.varies:
        raise Refused(_UNLIKE)
    if name == "constant":
        number = float.fromhex(operands[0])
        size = recipes.constant(abs(number))
        return [(None, Product(-1 if number < 0 else 1, () if abs(number) == 1 else ((size.key, 1),)))]
    return [(None, Product(numbers=((key, 1),)))]


def _sum(recipes: Recipes, name: str, x: Product, y: Product) -> Product:
    """The sum of numbers times the same arrays."""
    if x.arrays != y.arrays:
        raise Refused(_UNLIKE)
    total = recipes.apply(name, _number(recipes, x), _number(recipes, y))
    recipes.scalars[total.key] = total
    return Product(numbers=((total.key, 1),), arrays=x.arrays)


def _number(recipes: Recipes, product: Product) -> Scalar:
    """The numbers of a product, multiplied."""
    total = recipes.constant(float(product.sign))
    for key, exponent in product.numbers:
        for _ in range(abs(exponent)):
            total = recipes.apply("mul" if exponent > 0 else "div", total, _known(recipes, key))
    return total


def _known(recipes: Recipes, key: int) -> Scalar:
    name, *operands = recipes.recipes[key]
    if name == "constant":
        return recipes.constant(float.fromhex(operands[0]))
    found = recipes.scalars.get(key)
    if found is None:
        raise Refused(_UNLIKE)
    return found


def _restricted(parts: Parts, piece: Piece) -> Parts:
    return [(common, p) for common, p, _ in _paired(parts, [(piece, Product())])]


def _paired(x: Parts, y: Parts) -> list[tuple[Piece, Product, Product]]:
    """Both on the sets of coordinates that two of theirs have in common."""
    found = []
    for first, p in x:
        for second, q in y:
            common = second if first is None else first
            if first is not None and second is not None:
                common = first if first == second else tuple(sorted(set(first) & set(second)))
            if common is None or common:
                found.append((common, p, q))
    return found


Entries = Mapping[tuple[int, int], Scalar]
# the variables are: parameter, gradient, memory...
_PARAMETER, _GRADIENT = 0, 1


def balanced(recipes: Recipes, entries: Entries, dimension: int) -> tuple[Entries, Ball | None]:
    """One step for all coordinates, and the weights beta (D,) of their gradients, positive; None where no entry varies.

    entries: (row, column) -> scalar by the numbers of the variables; zeros may be left out. Raises `Refused` where the
    coordinates differ by more than units of their memory and weights.
    """
    if not any(entry.varies for entry in entries.values()):
        return entries, None
    parts = {place: parts_of(recipes, entry) for place, entry in entries.items()}
    pieces: list[Piece] = [None]
    for found in parts.values():
        pieces = [piece for piece, _, _ in _paired([(p, Product()) for p in pieces], found)]
    common = [tuple(range(dimension)) if piece is None else piece for piece in pieces]
    if sorted(k for piece in common for k in piece) != list(range(dimension)):
        raise Refused(_UNLIKE)
    rows = {place: [_restricted(found, piece)[0][1] for piece in common] for place, found in parts.items()}
    numbers = {place: Product(row[0].sign, row[0].numbers) for place, row in rows.items()}
    relative = {place: [p.times(numbers[place], -1) for p in row] for place, row in rows.items()}
    _require_units(recipes, relative)
    beta = _values(recipes, common, _weights(relative, len(common)), dimension)
    if not bool((beta.lower > 0).all()):
        raise Refused(_UNLIKE)
    return {place: _number(recipes, number) for place, number in numbers.items()}, beta


def _require_units(recipes: Recipes, relative: Mapping[tuple[int, int], list[Product]]) -> None:
    """Raises `Refused` unless every number by which coordinates differ is proved not to be 0: they are divided by."""
    for key in {key for row in relative.values() for product in row for key, _ in product.numbers}:
        ball = _known(recipes, key).ball
        if not bool((ball.lower > 0) | (ball.upper < 0)):
            raise Refused(_UNLIKE)


def _weights(relative: Mapping[tuple[int, int], list[Product]], count: int) -> list[Product]:
    """beta on every piece: units t with t_row w(row, column) = t_column, and beta = t_row w(row, gradient) for every
    row; raises `Refused` where there are none."""
    units = _units({place: w for place, w in relative.items() if place[1] != _GRADIENT}, count)
    weights: list[Product] | None = None
    for (row, column), w in relative.items():
        found = [t.times(p) for t, p in zip(units.setdefault(row, [Product()] * count), w, strict=True)]
        expected = weights if column == _GRADIENT else units.setdefault(column, [Product()] * count)
        if expected is None:
            weights = found
        elif found != expected:
            raise Refused(_UNLIKE)
    if weights is None:
        raise Refused("the update does not depend on the gradient")
    return weights


def _units(relative: Mapping[tuple[int, int], list[Product]], count: int) -> dict[int, list[Product]]:
    """t, one for the parameter, as far as the entries tie memory to it."""
    units = {_PARAMETER: [Product()] * count}
    for _ in relative:
        for (row, column), w in relative.items():
            if row in units and column not in units:
                units[column] = [t.times(p) for t, p in zip(units[row], w, strict=True)]
            elif column in units and row not in units:
                units[row] = [t.times(p, -1) for t, p in zip(units[column], w, strict=True)]
    return units


def _values(recipes: Recipes, pieces: Sequence[tuple[int, ...]], products: Sequence[Product], dimension: int) -> Ball:
    """The products, coordinate by coordinate."""
    mid, rad = np.zeros(dimension), np.zeros(dimension)
    for piece, product in zip(pieces, products, strict=True):
        places = np.array(piece)
        total = Ball.exact(np.full(places.shape, float(product.sign)))
        factors = [(_known(recipes, key).ball, exponent) for key, exponent in product.numbers]
        for place, exponent in product.arrays:
            coordinates, array = recipes.fields[place]
            factors.append((array[np.searchsorted(coordinates, places)], exponent))
        for ball, exponent in factors:
            for _ in range(abs(exponent)):
                total = total * ball if exponent > 0 else total / ball
        mid[places], rad[places] = total.mid, total.rad
    return Ball(mid, rad)
