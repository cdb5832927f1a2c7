"""What certificates say about Lyapunov exponents of random products."""

from certify.statements.parameter import ENCLOSED, several_of
from certify.statements.template import claim, next_step, reason, theorem

NATS = "nats per step"
# The engines of `certify.lyapunov.registry`; a test holds the two lists together.
ENGINES = (
    "exact",
    "scaling",
    "determinant",
    "contraction",
    "renewal",
    "reduction",
    "lift",
    "near_lift",
    "near_product",
    "second_moment",
    "concave_bound",
    "cone",
    "words",
    "projective_line",
    "half_sphere",
    "three_sphere",
    "delayed_growth",
    "lower_bound",
    "stopping_words",
    "block_bound",
    "moment_function",
    "sgd_determinant",
    "sgd_reduction",
    "sgd_concave_bound",
)
_SHOWN = {name: name for engine in ENGINES for name in (engine, f"explicit/{engine}")}

TEMPLATES = (
    theorem(
        "exponent.furstenberg-kesten",
        "Top Lyapunov exponent lambda = lim (1/n) log |A_n ... A_1| of independent, identically distributed matrices "
        "[H. Furstenberg, H. Kesten, Ann. Math. Statist. 31 (1960)]: the product decays almost surely if lambda < 0 "
        "and grows if lambda > 0.",
    ),
    claim(
        "exponent.top",
        "lyapunov_exponent",
        "Top Lyapunov exponent of the linearised random products (engines: {engines}).",
        "lim (1/n) E log |A_n ... A_1| = number, A_k independent with the law of the family",
        unit=NATS,
        engines=several_of(_SHOWN),
    ),
    reason(
        "exponent.sign-undecided",
        "the exponent is proved to lie in {enclosure}, which does not decide its sign",
        enclosure=ENCLOSED,
    ),
    next_step(
        "exponent.more-budget",
        "raise the budget, narrow the input, or use a symbolic argument if the exponent may be exactly zero",
    ),
)
