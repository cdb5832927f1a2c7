"""What certificates say about Lyapunov exponents of random products."""

from certify.statements.parameter import ENCLOSED, several_of
from certify.statements.template import claim, next_step, reason, theorem

NATS = "nats per step"
# identifier of an engine, as certificates name it -> its module in `certify.lyapunov`; cheapest first, SGD's own last
PLACES = {
    "exact": "structure.exact",
    "scaling": "structure.scaling",
    "determinant": "norms.determinant",
    "contraction": "norms.contraction",
    "renewal": "structure.renewal",
    "reduction": "structure.reduction",
    "lift": "structure.lift",
    "near_lift": "structure.perturbed_symmetric_square",
    "near_product": "structure.perturbed_kronecker_product",
    "second_moment": "norms.second_moment",
    "concave_bound": "norms.jensen_bound",
    "cone": "directions.cone",
    "words": "norms.word_norms",
    "projective_line": "directions.projective_line",
    "half_sphere": "directions.half_sphere_cells",
    "three_sphere": "directions.three_sphere_cells",
    "delayed_growth": "directions.n_step_growth",
    "lower_bound": "directions.lower_bound",
    "stopping_words": "norms.prefix_code_bound",
    "block_bound": "norms.block_bound",
    "moment_function": "directions.fractional_moment_bound",
    "sgd_determinant": "sgd.sgd_determinant",
    "sgd_reduction": "sgd.sgd_reduction",
    "sgd_concave_bound": "sgd.sgd_jensen_bound",
}
_SHOWN = {name: name for engine in PLACES for name in (engine, f"explicit/{engine}")}

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
    reason(
        "exponent.zero", "the exponent is proved to be exactly 0: the products neither decay nor grow exponentially"
    ),
    next_step(
        "exponent.beyond-linear",
        "at the exponent 0 the linear part decides nothing: change the learning rate, or study the full map",
    ),
    next_step(
        "exponent.more-budget",
        "raise the budget, narrow the input, or use a symbolic argument if the exponent may be exactly zero",
    ),
)
