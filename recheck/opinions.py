"""Limits of opinions x_i' = sum_j (x_j - x_i), over all j with -below_i <= x_j - x_i <= above_i.

Where groups are narrower than all thresholds of their agents, and the gaps between them wider, all agents of a group
hear each other and nobody else. Then the widest difference in a group shrinks and its mean stays: no group leaves its
first interval, so that this holds for ever, for every solution, and each opinion tends to the mean of its group.
"""

from fractions import Fraction
from itertools import combinations, pairwise

from flint import arb

from recheck.outcome import BadInput, NotCovered, Work
from recheck.proof import Proof, Statement, entry, rational


def prove_opinions(statement: Statement, work: Work) -> Proof:
    """The mean of each agent's group, where the groups at the start are those that last."""
    start, below, above = (entry(statement.problem, name, list) for name in ("start", "below", "above"))
    exact = all(isinstance(x, Fraction) for x in (*start, *below, *above))
    fits = exact and len(start) == len(below) == len(above) > 0 and min(*below, *above) > 0
    BadInput.unless(fits, "each opinion needs two thresholds above 0, all rational")
    work.spend(100 * len(start) ** 2)
    ordered = sorted(range(len(start)), key=start.__getitem__)
    groups = [ordered[:1]]
    for i, j in pairwise(ordered):
        if start[j] - start[i] > max(above[i], below[j]):
            groups.append([])
        groups[-1].append(j)
    narrow = all(start[g[-1]] - start[g[0]] < min(min(below[i], above[i]) for i in g) for g in groups)
    gaps = [(start[h[0]] - start[g[-1]], g, h) for g, h in combinations(groups, 2)]
    apart = all(gap > max(*(above[i] for i in g), *(below[j] for j in h)) for gap, g, h in gaps)
    NotCovered.unless(narrow and apart, "opinions that are not in groups that last are not covered")
    limits = {f"limit_{i + 1}": rational(sum(start[k] for k in g) / len(g)) for g in groups for i in g}
    return Proof(limits | {"clusters": arb(len(groups))}, verdict="PROVED")
