"""Linear dense residual networks: a layer that sees all earlier layers, as a companion matrix."""

from collections.abc import Sequence

import sympy

from symbolic.checks import CharacteristicPolynomialIs, Equal, RealRootsAre
from symbolic.derivation import Derivation, Step
from symbolic.largest_root import characteristic_polynomial

_PAPER = "Chemnitz, Engel, Kuehn, Kuntz, (5)"


def dense_companion(blocks: Sequence[sympy.MatrixBase], weight: sympy.Expr, ratio: sympy.Expr) -> sympy.ImmutableMatrix:
    """The map (h_l, ..., h_{l-p}, S_l) -> (h_{l+1}, ..., h_{l+1-p}, S_{l+1}); S is left out for weight 0.

    h_{l+1} = h_l + sum_i C_i h_{l-i} + weight S_l with S_l = sum_i ratio^i h_{l-i} over all layers, so that S_{l+1} =
    ratio S_l + h_{l+1}.
    """
    width, depth = blocks[0].rows, len(blocks)
    count = depth + (1 if weight != 0 else 0)
    matrix = sympy.zeros(width * count)
    one = sympy.eye(width)
    for i, block in enumerate(blocks):
        matrix[:width, i * width : (i + 1) * width] = block + (one if i == 0 else 0 * one)
        if i + 1 < depth:
            matrix[(i + 1) * width : (i + 2) * width, i * width : (i + 1) * width] = one
    if weight != 0:
        place = slice(depth * width, count * width)
        matrix[:width, place] = weight * one
        matrix[place, :] = matrix[:width, :]
        matrix[place, place] += ratio * one
    return matrix.as_immutable()


def derive_fibonacci() -> Derivation:
    """One layer of memory with weight one: the golden ratio; all layers with weight one: its square."""
    z = sympy.Symbol("z")
    c, r = sympy.symbols("c r", real=True)
    x = sympy.Symbol("z", real=True)
    one = sympy.Matrix([[1]])
    steps = (
        Step(
            "h_{l+1} = h_l + c h_{l-1} is a map of the pairs (h_l, h_{l-1}).",
            reason="Companion form.",
            reference=_PAPER,
            check=CharacteristicPolynomialIs(dense_companion((0 * one, c * one), 0, 0), z, z**2 - z - c),
        ),
        Step(
            "For c = 1 these are Fibonacci's numbers, and the growth is the golden ratio.",
            reason="Quadratic equation.",
            check=RealRootsAre(x**2 - x - 1, x, ((1 + sympy.sqrt(5)) / 2, (1 - sympy.sqrt(5)) / 2)),
        ),
        Step(
            "A memory of all layers, h_{l+1} = h_l + c sum_i r^i h_{l-i}, is a map of the plane too: of h_l and the "
            "sum S_l, which obeys S_{l+1} = r S_l + h_{l+1}.",
            reason="Companion form.",
            reference=_PAPER,
            check=CharacteristicPolynomialIs(dense_companion((0 * one,), c, r), z, z**2 - (1 + c + r) * z + r),
        ),
        Step(
            "With c = r = 1 the growth is the square of the golden ratio.",
            reason="Quadratic equation; the square is expanded.",
            check=Equal(((1 + sympy.sqrt(5)) / 2) ** 2, (3 + sympy.sqrt(5)) / 2),
        ),
    )
    return Derivation("Memory of one layer and of all layers", ((c, "weight"), (r, "ratio of the weights")), steps)


def derive_companion(companion: sympy.ImmutableMatrix) -> Derivation:
    """The characteristic polynomial of one network."""
    z = sympy.Symbol("z")
    step = Step(
        "The companion matrix of this network has this characteristic polynomial; the largest modulus of its roots is "
        "the growth of the layers.",
        reason="Determinant.",
        reference=_PAPER,
        check=CharacteristicPolynomialIs(companion, z, characteristic_polynomial(companion, z)),
    )
    return Derivation("The companion form of this network", (), (step,))
