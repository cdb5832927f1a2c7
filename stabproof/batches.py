"""An optimiser with batches: as SGD where its step is one of SGD with momentum, else as data beside the optimiser."""

from typing import Any

import numpy as np

from certify.arithmetic import Ball
from certify.program.regularity import conditional_equations
from certify.training.optimizer.jets import Jet, Refused
from certify.training.optimizer.leaves import read_leaves
from certify.training.optimizer.linearise import Linearised, linearise
from certify.training.optimizer.scalars import Scalar
from certify.training.sampling import FIXED
from foundation import InputError, positive_integer
from numeric import SGD, GradientDescent, HeavyBall, Regression
from stabproof.optax_optimizer import is_optax, optax_settings

_GRADIENT, _MEMORY = 1, 2


def with_batches(
    problem: Any, optimizer: Any, state: Any, batch_size: Any, sampling: Any
) -> tuple[Any, dict[str, Any] | None]:
    """(optimiser, None), an SGD of the same step or the optimiser itself for full batches; or (optimiser, settings)
    where no theorem covers it with batches. Raises `InputError` where batches make no sense."""
    if batch_size is None and sampling is None:
        return optimizer, None
    if isinstance(optimizer, SGD):
        raise InputError("SGD has a batch_size and a sampling of its own: SGD(rate, batch_size, sampling=...)")
    if not isinstance(problem, Regression):
        raise InputError("batches need the losses of single examples: pass a Regression with a loss")
    if batch_size is None:
        raise InputError("sampling says how batches are drawn: say batch_size, too")
    size, count = positive_integer(batch_size, "batch_size"), problem.number_of_examples
    if size > count:
        raise InputError(f"batch_size is {size}, but there are only {count} examples; lower batch_size")
    if size == count:
        return optimizer, None
    if isinstance(optimizer, GradientDescent):
        return SGD(optimizer.learning_rate, size, sampling=sampling), None
    if isinstance(optimizer, HeavyBall):
        return SGD(optimizer.learning_rate, size, optimizer.momentum, sampling), None
    if not is_optax(optimizer):
        raise InputError("with batches pass SGD, GradientDescent, HeavyBall or an optimiser of optax")
    rule = of_sgd(problem, optimizer, state)
    if rule is not None:
        return SGD(rule[0], size, rule[1], sampling), None
    drawn = SGD(1.0, size, sampling=sampling).sampling
    settings: dict[str, Any] = {"batch_size": size}
    return optimizer, settings if drawn is None else settings | {"sampling": drawn if isinstance(drawn, str) else FIXED}


def of_sgd(problem: Any, optimizer: Any, state: Any) -> tuple[float, float] | None:
    """(learning rate, momentum) where the step is m' = b m + g, update -eta m' (or -eta g), exactly.

    It is so near rest by its linear form there; it is so everywhere, as theorems on almost all starts ask, because what
    it does with real numbers is analytic on the whole space (clipping is not).
    """
    settings = optax_settings(problem, optimizer, state)
    update, leaves = settings["update"], read_leaves(settings["memory"], problem.dimension)
    moving = (0, 1, *(2 + k for k, leaf in enumerate(leaves) if leaf.kind != "clock"))
    if "later" in settings or conditional_equations(update, moving):
        return None
    try:
        found = linearise(update, Ball.exact(problem.flat_params), leaves)
    except Refused:
        return None
    jets = [jet for jet, leaf in zip(found.memory, leaves, strict=True) if leaf.kind != "clock"]
    if any(leaf.kind not in ("moving", "clock") for leaf in leaves) or len(found.groups) > 1:
        return None
    if not all(jet is not None and _is_linear(jet) for jet in (found.update, *jets)):
        return None
    return _rule(found, [jet for jet in jets if jet is not None])


def _is_linear(jet: Jet) -> bool:
    """Whether the value is the linear form itself."""
    return jet.is_zero and jet.order == np.inf and bool(jet.form)


def _rule(found: Linearised, jets: list[Jet]) -> tuple[float, float] | None:
    rate = found.update.form[_GRADIENT]
    if not found.update.form[0].is_zero or not _is_exact(rate) or not float(rate.ball.mid) < 0:
        return None
    if not found.groups:
        return -float(rate.ball.mid), 0.0
    momentum = jets[0].form[_MEMORY]
    same = [[entry.key for entry in jet.form] == [entry.key for entry in jets[0].form] for jet in jets]
    gain = jets[0].form[_GRADIENT].ball
    plain = all(same) and jets[0].form[0].is_zero and bool(gain.mid == 1 and gain.rad == 0) and _is_exact(momentum)
    products = [found.recipes.apply("mul", *pair).key for pair in ((rate, momentum), (momentum, rate))]
    if not plain or found.update.form[_MEMORY].key not in products or not 0 <= float(momentum.ball.mid) < 1:
        return None
    return -float(rate.ball.mid), float(momentum.ball.mid)


def _is_exact(x: Scalar) -> bool:
    return not x.ball.rad.any() and bool(np.isfinite(x.ball.mid).all())
