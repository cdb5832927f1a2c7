"""What certificates say about one equilibrium and about linearisations."""

from certify.statements.parameter import COUNTED, DETAIL, INTEGER, Parameter, one_of
from certify.statements.template import claim, hypothesis, next_step, reason, theorem

_SADDLE = {
    "flow": (
        " No eigenvalue lies on the imaginary axis: the Hartman-Grobman and stable manifold theorems give local stable "
        "and unstable manifolds of the dimensions counted [P. Hartman, Ordinary Differential Equations, ch. IX]."
    ),
    "map": (
        " No eigenvalue lies on the unit circle: the stable manifold theorem gives local stable and unstable manifolds "
        "of the dimensions counted [M. Hirsch, C. Pugh and M. Shub, Invariant Manifolds, Theorem 5.1]."
    ),
}
_THEOREMS = {
    "flow-stable": (
        "Lyapunov's indirect method: an equilibrium of a C1 vector field is asymptotically stable if all eigenvalues "
        "of its linearisation have negative real parts [H. Khalil, Nonlinear Systems, 3rd ed., Theorem 4.7]."
    ),
    "flow-unstable": (
        "Lyapunov's indirect method: an equilibrium of a C1 vector field is unstable if an eigenvalue of its "
        "linearisation has a positive real part [H. Khalil, Nonlinear Systems, 3rd ed., Theorem 4.7]."
    ),
    "map-stable": (
        "Linearised stability of maps: a fixed point of a C1 map is asymptotically stable if all eigenvalues of its "
        "linearisation have moduli below 1 [S. Elaydi, An Introduction to Difference Equations, 3rd ed., ch. 4]."
    ),
    "map-unstable": (
        "Linearised stability of maps: a fixed point of a C1 map is unstable if an eigenvalue of its linearisation "
        "has modulus above 1 [S. Elaydi, An Introduction to Difference Equations, 3rd ed., ch. 4]."
    ),
}
_SETTINGS = {
    "none": "",
    "subspace": " It is applied to the restriction of the system to the invariant affine subspace.",
    "symmetry": (
        " It is applied to the quotient by the translations, on which the system acts in the coordinates of the "
        "orthogonal complement: stability and instability are those of the whole orbit of translates."
    ),
    "group": (
        " It is applied to the system in the coordinates of a slice across the group orbit, on which the system acts "
        "modulo the symmetries exp(t S): stability and instability are those in these coordinates, of the whole group "
        "orbit."
    ),
    "iterate": (
        " It is applied to the m-fold iterate, whose derivative at the periodic point is the product of the Jacobians "
        "along the cycle: the multipliers are the same at every point of the cycle, and so are stability and "
        "instability."
    ),
}
SETTING = one_of(_SETTINGS)
_WHO = Parameter(
    "how many eigenvalues",
    INTEGER.accepts,
    lambda count: "the eigenvalue" if count == 1 else f"the {count} eigenvalues",
)
_SIDES = ("stable", "unstable", "undecided")
_EXACTLY = "An identity of exact rational-function arithmetic."

THEOREMS = (
    *(
        theorem(
            f"linearisation.{name}",
            text + "{saddle}{setting}",
            "equilibrium.smooth",
            "linearisation.hyperbolic",
            saddle=one_of({"no": "", "yes": _SADDLE[name.partition("-")[0]]}),
            setting=SETTING,
        )
        for name, text in _THEOREMS.items()
    ),
)

CLAIMS = (
    claim(
        "equilibrium.radius",
        "radius",
        "{condition}An exact {what} exists within this Euclidean distance of the witness's point.",
        "f(x) = 0 (flow) or f(x) = x (map) for an x with |x - point|_2 = number; relative: up to the symmetries",
        condition=one_of(
            {
                "none": "",
                "subspace": "If the hypothesis on the invariant subspace holds: ",
                "symmetry": "If the hypothesis on the symmetry holds: ",
            }
        ),
        what=one_of(
            {
                "flow": "equilibrium",
                "map": "fixed point",
                "relative-flow": "relative equilibrium",
                "relative-map": "relative fixed point",
            }
        ),
    ),
    claim(
        "equilibrium.uniqueness-radius",
        "uniqueness_radius",
        "No other equilibrium has coordinates (in the whole space: entries) within this distance, in the maximum norm, "
        "of the witness's coordinates.",
        "at most one zero has |y - coordinates|_max <= number",
        number="promise",
    ),
    claim(
        "equilibrium.uniqueness-radius-on-slice",
        "uniqueness_radius",
        "No other relative equilibrium on the slice has coordinates and velocities within this distance, in the "
        "maximum norm, of the witness's coordinates.",
        "at most one zero of the slice's equations has |y - coordinates|_max <= number",
        number="promise",
    ),
    claim(
        "linearisation.spectral-radius",
        "spectral_radius",
        "Largest modulus of an eigenvalue of the linearisation.",
        "max |eig(Df(x))| = number",
    ),
    claim(
        "linearisation.spectral-abscissa",
        "spectral_abscissa",
        "Largest real part of an eigenvalue of the linearisation.",
        "max Re eig(Df(x)) = number",
    ),
    claim(
        "linearisation.directions",
        "{side}_directions",
        "Number of {side} eigenvalues, with multiplicity.",
        "number of eigenvalues proved to be of negative real part or modulus below 1 (stable), positive or above 1 "
        "(unstable), or neither (undecided)",
        number="count",
        side=one_of({name: name for name in _SIDES}),
    ),
    claim(
        "linearisation.eigenvalue",
        "eigenvalue_{disc}_{part}",
        "{part} part of {who} of the linearisation in disc {disc}.",
        "Re or Im of the `count` eigenvalues in disc `disc` of the witness = number",
        disc=INTEGER,
        part=one_of({"real": "Real", "imaginary": "Imaginary"}),
        who=_WHO,
    ),
    *(
        claim(
            f"equilibrium.velocity-{name}",
            "velocity_{index}",
            text,
            "f(x) = sum_k number_k S_k x (group) or sum_k number_k u_k (translations) at the relative equilibrium x",
            unit=unit,
            index=INTEGER,
        )
        for name, unit, text in (
            (
                "group-flow",
                "per unit of time",
                "Velocity of the relative equilibrium x along the symmetry S_k x, k = {index}.",
            ),
            ("group-map", "per step", "Velocity of the relative equilibrium x along the symmetry S_k x, k = {index}."),
            (
                "symmetry-flow",
                "per unit of time",
                "Velocity of the relative equilibrium along the symmetry direction {index}.",
            ),
            (
                "symmetry-map",
                "per step",
                "Velocity of the relative equilibrium along the symmetry direction {index}.",
            ),
        )
    ),
)

HYPOTHESES = (
    hypothesis("equilibrium.smooth", "smooth", "The field is continuously differentiable near the equilibrium."),
    hypothesis("equilibrium.invariant", "invariant", "The affine subspace is invariant under the dynamics."),
    hypothesis(
        "equilibrium.translation",
        "symmetry",
        "f(x + U c) = f(x){shift} for all x and c: U spans the symmetries.",
        shift=one_of({"flow": "", "map": " + U c"}),
    ),
    hypothesis(
        "equilibrium.equivariant",
        "symmetry",
        "Df(x) S_k x = S_k f(x) wherever f is defined, and the S_k commute: x -> exp(t S_k) x maps {orbits}",
        orbits=one_of({"flow": "solutions to solutions.", "map": "orbits to orbits."}),
    ),
    hypothesis(
        "equilibrium.unmoved",
        "unmoved",
        "<S_k x, f(x)> = 0 for all x and k: no symmetry moves a relative equilibrium, f(x) = {where}",
        where=one_of({"flow": "0.", "map": "x."}),
    ),
    hypothesis(
        "linearisation.hyperbolic",
        "hyperbolic",
        "No eigenvalue of the linearisation lies on the {place}.",
        place=one_of({"flow": "imaginary axis", "map": "unit circle"}),
    ),
)

REASONS = (
    reason("equilibrium.analytic", "Its program is real-analytic on a neighbourhood of the enclosure."),
    reason("equilibrium.kink", "A kink or a jump is not excluded."),
    reason("equilibrium.identity", _EXACTLY),
    reason(
        "equilibrium.across-vanishes",
        "The field's component across the subspace vanishes on it, by exact rational-function arithmetic.",
    ),
    reason(
        "equilibrium.across-differs",
        "Across the subspace the field is a rational function other than 0, by exact arithmetic.",
    ),
    reason(
        "equilibrium.translation-differs",
        "f(x + U c) differs from it by a rational function other than 0, by exact arithmetic.",
    ),
    reason("equilibrium.not-derived", "It could not be derived from the field's program."),
    reason(
        "linearisation.not-separated",
        "{count} could not be separated from it.",
        count=COUNTED,
    ),
    reason("linearisation.separated", "Every disc of eigenvalues lies on one side."),
    reason("linearisation.undecided", "{detail}", detail=DETAIL),
    reason("equilibrium.not-proved", "an isolated equilibrium is not proved: {detail}", detail=DETAIL),
    reason(
        "equilibrium.singular",
        "an isolated equilibrium is not proved: the derivative is numerically singular at the point, so that it may be "
        "degenerate (a multiple zero) or one of a continuum",
    ),
    reason(
        "equilibrium.rough",
        "the field is not proved to be differentiable near the equilibrium: {detail}",
        detail=DETAIL,
    ),
    reason(
        "equilibrium.refuted-invariant",
        "exact arithmetic refutes that the subspace is invariant: nothing is claimed about the restriction",
    ),
    reason(
        "equilibrium.refuted-symmetry",
        "exact arithmetic refutes the symmetry: nothing is claimed about the quotient",
    ),
)

NEXT_STEPS = (
    next_step(
        "linearisation.boundary",
        "what lies exactly on the boundary can only be decided by a symbolic argument (conserved quantity, symmetry, "
        "centre manifold); where a symmetry or a conservation law makes the direction neutral, pass symmetry= or "
        "subspace=; otherwise change the parameters slightly",
    ),
    next_step(
        "equilibrium.degenerate",
        "a symmetry (pass symmetry=) or a conservation law (pass subspace=) may make it isolated; a degenerate "
        "equilibrium needs a symbolic argument, or slightly different parameters",
    ),
    next_step(
        "equilibrium.smooth-it",
        "the linearisation decides nothing at a kink: smooth the field, or treat its pieces one by one",
    ),
    next_step(
        "equilibrium.other-restriction",
        "pass columns that span the tangent space and a point of an invariant subspace, directions u with f(x + c u) = "
        "f(x), or no restriction",
    ),
    next_step("equilibrium.next", "{detail}", detail=DETAIL),
)

TEMPLATES = (*THEOREMS, *CLAIMS, *HYPOTHESES, *REASONS, *NEXT_STEPS)
