"""What the eigenvalues of a linearisation say: the claims on them, and the verdict (Lyapunov's indirect method)."""

from collections.abc import Mapping
from functools import reduce
from typing import Any

from flint import acb, arb, arb_mat

from recheck.linear import Disc, highest, spectrum
from recheck.proof import Proof, half_line, suggestion


def decide(matrix: arb_mat, is_map: bool, proof: Proof, witness: Mapping[str, Any]) -> None:
    """Add verdict, counts, the extreme eigenvalue and the discs of the linearisation to the proof."""
    discs = spectrum(matrix)
    below, above, neither = sides(discs, is_map)
    proof.verdict = verdict_of(below, above, neither)
    counts = {"stable": below, "unstable": above, "undecided": neither}
    proof.values |= {f"{name}_directions": arb(count) for name, count in counts.items()}
    proof.values["spectral_radius" if is_map else "spectral_abscissa"] = extreme(discs, is_map)
    if not neither:
        proof.proved.add("hyperbolic")
    _stated_discs(discs, proof, witness)


def sides(discs: list[Disc], is_map: bool) -> tuple[int, int, int]:
    """How many eigenvalues are proved on the stable side, on the unstable side, on neither."""
    counts = [0, 0, 0]
    for disc in discs:
        size = disc.modulus - 1 if is_map else disc.real_part
        counts[0 if size < 0 else 1 if size > 0 else 2] += disc.count
    return counts[0], counts[1], counts[2]


def verdict_of(below: int, above: int, neither: int) -> str:
    return "UNSTABLE" if above else "" if neither else "STABLE"


def extreme(discs: list[Disc], is_map: bool) -> arb:
    """The largest modulus or real part."""
    sizes = [disc.modulus if is_map else disc.real_part for disc in discs]
    return half_line(reduce(arb.max, (s.lower() for s in sizes)), highest(sizes))


def _stated_discs(discs: list[Disc], proof: Proof, witness: Mapping[str, Any]) -> None:
    """The claims on the eigenvalues in the witness's discs: each must hold exactly the number that it says."""
    given, names = witness.get("discs"), {**dict.fromkeys(("real", "imaginary", "radii"), "float64"), "counts": "int64"}
    arrays = [suggestion(given, name, None, dtype=dtype) for name, dtype in names.items()]
    rows = [] if None in arrays or len({a.shape for a in arrays if a}) > 1 else [a.data for a in arrays if a]
    for k, (x, y, radius, count) in enumerate(zip(*rows, strict=True), 1):
        inside = [disc for disc in discs if _within(disc, acb(x, y), arb(radius))]
        if sum(disc.count for disc in inside) != count or not inside:
            proof.notes |= dict.fromkeys((f"eigenvalue_{k}_real", f"eigenvalue_{k}_imaginary"), "another number in it")
            continue
        for part in ("real", "imaginary"):
            values = [disc.real_part if part == "real" else disc.imaginary_part for disc in inside]
            proof.values[f"eigenvalue_{k}_{part}"] = reduce(arb.union, values)
            proof.said[f"eigenvalue_{k}_{part}"] = {"who": count}


def _within(disc: Disc, center: acb, radius: arb) -> bool:
    return bool((disc.center - center).abs_upper() + disc.radius <= radius)


def ascending(discs: list[Disc]) -> list[arb]:
    """The eigenvalues of symmetric matrices from their disjoint discs, in increasing order."""
    ordered = sorted(discs, key=lambda disc: float(disc.center.real.mid()))
    return [disc.real_part for disc in ordered for _ in range(disc.count)]
