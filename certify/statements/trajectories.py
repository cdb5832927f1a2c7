"""What certificates say about training as a trajectory."""

from certify.statements.parameter import COUNTED, ENCLOSED, INTEGER, RATIONAL
from certify.statements.template import claim, next_step, reason, theorem

_NATS = "nats per step"
_ARB = "[F. Johansson, Arb, IEEE Transactions on Computers 66 (2017)]"

TEMPLATES = (
    theorem(
        "descent.ordered-losses",
        "Each point of the orbit theta_{{t+1}} = theta_t - eta grad L(theta_t) of real arithmetic lies in the ball "
        f"computed for it {_ARB}; losses whose balls are disjoint are ordered as the balls are.",
    ),
    claim("descent.first-loss", "first_loss", "The loss at the start.", "L(theta_0) = number"),
    claim(
        "descent.last-loss",
        "last_loss",
        "The loss after {steps} steps at the learning rate {rate}.",
        "L(theta_steps) = number; theta_{t+1} = theta_t - rate grad L(theta_t)",
        steps=INTEGER,
        rate=RATIONAL,
    ),
    claim(
        "descent.smallest-fall",
        "smallest_fall",
        "The smallest decrease of the loss in one of the steps.",
        "min over t < steps of L(theta_t) - L(theta_{t+1}) = number",
    ),
    claim(
        "descent.rising-step",
        "rising_step",
        "The first step t with L(theta_{{t+1}}) > L(theta_t).",
        "number = min {t : L(theta_{t+1}) > L(theta_t)}; the loss falls at all earlier steps",
        number="count",
    ),
    claim("descent.before-rise", "before_rise", "The loss before that step.", "L(theta_t) = number, t the rising step"),
    claim(
        "descent.after-rise", "after_rise", "The loss after that step.", "L(theta_{t+1}) = number, t the rising step"
    ),
    reason(
        "descent.undecided-step",
        "whether the loss falls at step {step} is not decided with {bits} bits",
        step=COUNTED,
        bits=INTEGER,
    ),
    next_step("descent.more-bits", "raise bits, or prove fewer steps"),
    theorem(
        "orbit-exponent.definition",
        "The finite-time exponent of the orbit theta_{{t+1}} = theta_t - eta grad L(theta_t) of real arithmetic "
        "between the steps s < t is (log |v_t|_1 - log |v_s|_1) / (t - s) with "
        f"v_{{{{t+1}}}} = (I - eta Hess L(theta_t)) v_t; every step is enclosed {_ARB}. The slope over a window is the "
        "one of the least-squares line through log |v_t|_1.",
    ),
    claim(
        "orbit-exponent.exponent",
        "exponent {first}-{last}",
        "Exponent between the steps {first} and {last}.",
        "(log |v_last|_1 - log |v_first|_1) / (last - first) = number",
        unit=_NATS,
        first=INTEGER,
        last=INTEGER,
    ),
    claim(
        "orbit-exponent.slope",
        "slope {first}-{last}",
        "Slope of log |v_t|_1 over the steps {first} to {last}.",
        "sum_k (k - n/2) log |v_{first+k}|_1 / sum_k (k - n/2)^2 = number, k = 0..n, n = last - first",
        unit=_NATS,
        first=INTEGER,
        last=INTEGER,
    ),
    reason(
        "orbit-exponent.wide-exponent",
        "the exponent between the steps {first} and {last} is known only to {enclosure} with {bits} bits",
        first=INTEGER,
        last=INTEGER,
        enclosure=ENCLOSED,
        bits=INTEGER,
    ),
    reason(
        "orbit-exponent.wide-slope",
        "the slope over the steps {first} to {last} is known only to {enclosure} with {bits} bits",
        first=INTEGER,
        last=INTEGER,
        enclosure=ENCLOSED,
        bits=INTEGER,
    ),
    next_step("orbit-exponent.more-bits", "raise bits or the tolerance, or take fewer steps"),
    theorem(
        "null-directions.softmax",
        "log sum_k exp(z_k + s) - (z_y + s) does not depend on s, so the loss is constant along the h + 1 directions "
        "that add one number to a row of V. A symmetric matrix that vanishes on their span, and whose submatrix "
        "without the last column of V is non-singular, has no further kernel: the rows and columns left out depend on "
        "the others.",
    ),
    claim(
        "null-directions.count",
        "null_directions",
        "So many independent directions of constant loss exist.",
        "number = h + 1 independent v with L(theta + s v) = L(theta) for all theta and s",
        number="count",
    ),
    claim(
        "null-directions.kernel",
        "kernel_dimension",
        "Dimension of the kernel of the Hessian at theta.",
        "dim ker Hess L(theta) = number",
        number="count",
    ),
    claim(
        "null-directions.slope",
        "largest_slope",
        "Largest |grad L . v| over the null directions.",
        "max over the null directions v of |grad L(theta) . v| = number",
    ),
    claim(
        "null-directions.image",
        "largest_image",
        "Largest entry of |Hess L v| over the null directions.",
        "max over the null directions v and entries of |Hess L(theta) v| = number",
    ),
    reason(
        "null-directions.singular",
        "the determinant of the rest of the Hessian may be zero with {bits} bits",
        bits=INTEGER,
    ),
    next_step("null-directions.more-bits", "raise bits, or choose another theta"),
)
