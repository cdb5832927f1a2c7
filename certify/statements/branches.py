"""What certificates say about branches of equilibria and their bifurcations."""

from certify.statements.parameter import INTEGER, Parameter, one_of
from certify.statements.template import claim, hypothesis, next_step, reason, theorem

_WHAT = one_of(
    {
        "fold": "fold (saddle-node)",
        "hopf": "Hopf",
        "flip": "flip (period-doubling)",
        "neimark-sacker": "Neimark-Sacker",
        "pitchfork": "pitchfork",
        "transcritical": "transcritical",
        "symmetric": "critical (an eigenvalue across the symmetry's fixed vectors vanishes, and more is not proved)",
        "absent": "critical (an eigenvalue across the absent components vanishes, and more is not proved)",
    }
)
_UNSTABLE = Parameter(
    "a whole number, or -1 where the stability is not proved",
    lambda value: type(value) is int and -1 <= value < 2**31,
    lambda value: "not proved" if value < 0 else value,
)
_CRITICALITY = one_of(
    {"supercritical": "supercritical: what is born attracts", "subcritical": "subcritical: what is born repels"}
)

TEMPLATES = (
    theorem(
        "branch.theorem",
        "Each piece holds exactly one zero for every value of its first coordinate, by Krawczyk's test for all of them "
        "at once, and the end of each piece is a point of the next: the pieces form one smooth curve. Where the "
        "linearisation is hyperbolic nothing bifurcates; the bifurcation points are regular zeros of extended systems "
        "[A. Neumaier, Interval Methods for Systems of Equations, 5.1; Yu. Kuznetsov, Elements of Applied Bifurcation "
        "Theory, ch. 3 to 5 and 10.2].",
        "branch.smooth",
    ),
    claim(
        "branch.end",
        "{side}_parameter",
        "The parameter at the {side} end of the curve.",
        "the curve's {side} point has the parameter number",
        side=one_of({"first": "first", "last": "last"}),
    ),
    claim(
        "branch.part",
        "part_{part}",
        "On the pieces {first} to {last} the number of unstable directions is: {unstable}. The parameters there lie "
        "in this interval.",
        "all points of the pieces first to last have `unstable` unstable directions (-1: not proved) and p in number",
        part=INTEGER,
        first=INTEGER,
        last=INTEGER,
        unstable=_UNSTABLE,
    ),
    claim(
        "branch.point",
        "point_{index}",
        "Point {index} of the curve is a {what} point at this parameter; {stable} other eigenvalues are stable and "
        "{unstable} unstable.",
        "a point of the curve solves the extended system of `what` at p = number; all other eigenvalues are hyperbolic",
        index=INTEGER,
        what=_WHAT,
        stable=INTEGER,
        unstable=INTEGER,
    ),
    claim(
        "branch.angle-hopf",
        "frequency_{index}",
        "The critical eigenvalues at point {index} are +- i times this.",
        "the eigenvalues +- i number",
        unit="radians per time",
        index=INTEGER,
    ),
    claim(
        "branch.angle-neimark-sacker",
        "cosine_{index}",
        "The critical multipliers at point {index} lie on the unit circle and have this real part.",
        "the multipliers exp(+- i t) with cos t = number",
        index=INTEGER,
    ),
    claim(
        "branch.fold",
        "coefficient_{index}",
        "Near point {index} the curve lies on the side of {side} parameters: p - p* = c s^2 + O(s^3), x - x* = s v + "
        "O(s^2), |v|_2 = 1, with this c.",
        "c = number, not 0",
        index=INTEGER,
        side=one_of({"larger": "larger", "smaller": "smaller"}),
    ),
    claim(
        "branch.crossing",
        "crossing_{index}",
        "At point {index} stability in the critical directions is {direction} as the parameter grows: the derivative "
        "of the critical real part (map: modulus) along the branch.",
        "d Re lambda / dp (map: d |lambda| / dp) = number, not 0",
        index=INTEGER,
        direction=one_of({"lost": "lost", "won": "won"}),
    ),
    claim(
        "branch.coefficient-hopf",
        "coefficient_{index}",
        "The first Lyapunov coefficient at point {index}, for an eigenvector of length 1. The periodic orbits are "
        "{criticality} in the two critical directions.",
        "l1 = number, not 0 [Kuznetsov, (5.62)]",
        index=INTEGER,
        criticality=_CRITICALITY,
    ),
    claim(
        "branch.coefficient-flip",
        "coefficient_{index}",
        "The cubic coefficient of the flip at point {index}, for an eigenvector of length 1. The 2-cycle is "
        "{criticality} in the critical direction.",
        "c = number, not 0 [Kuznetsov, (5.49)]",
        index=INTEGER,
        criticality=_CRITICALITY,
    ),
    claim(
        "branch.coefficient-neimark-sacker",
        "coefficient_{index}",
        "The cubic coefficient at point {index}, for an eigenvector of length 1, without strong resonance. The closed "
        "invariant curve is {criticality} in the two critical directions.",
        "d = number, not 0 [Kuznetsov, (5.66)]",
        index=INTEGER,
        criticality=_CRITICALITY,
    ),
    claim(
        "branch.coefficient-pitchfork",
        "coefficient_{index}",
        "The cubic coefficient of the pitchfork at point {index}, for an eigenvector of length 1. The two branches "
        "without the symmetry that are born are {criticality} in the critical direction.",
        "c = number, not 0, in xi' = sigma (p - p*) xi + c xi^3 [Kuznetsov, 7.4.1]",
        index=INTEGER,
        criticality=_CRITICALITY,
    ),
    claim(
        "branch.coefficient-transcritical",
        "coefficient_{index}",
        "The size of the quadratic coefficient at point {index}, for an eigenvector of length 1: another branch "
        "crosses, and the two exchange their stability in the critical direction.",
        "|q| = number, not 0, in xi' = sigma (p - p*) xi + q xi^2",
        index=INTEGER,
    ),
    hypothesis(
        "branch.symmetry", "symmetry", "The field commutes with the symmetry, whose fixed vectors hold the curve."
    ),
    hypothesis("branch.absent", "absent", "Where the absent components are 0 they stay 0; the curve lies there."),
    reason("branch.expanded", "The field shows it when it is expanded: every coefficient agrees exactly."),
    hypothesis("branch.smooth", "smooth", "The field is continuously differentiable around every piece of the curve."),
    reason("branch.analytic", "Its program is real-analytic on a neighbourhood of each piece."),
    reason("branch.ends-inside", "the proved curve ends inside of the parameter's range"),
    next_step(
        "branch.elsewhere",
        "another branch may cross there, or the budget was spent: raise the budget, or start on the other side",
    ),
)
