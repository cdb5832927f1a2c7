"""certified_range: the learning rates at which SGD is proved stable, and those at which it is proved unstable."""

from collections.abc import Sequence

from certify.certificate import RatesCertificate, issue
from certify.minimum import exact_minimum
from certify.minimum.rates import write_segments
from foundation import InputError
from numeric import SGD, Regression
from search.lyapunov.sgd.certified_range import certified_range as search
from stabproof.minimum import propose_minimum
from stabproof.progress import ProgressOption, silent, with_progress


@with_progress
def certified_range(
    problem: Regression,
    batch_size: int = 1,
    *,
    sampling: str | Sequence[int] = "iid",
    drop_last: bool = False,
    up_to: float | None = None,
    budget: float = 60.0,
    progress: ProgressOption = None,
) -> RatesCertificate:
    """A bracket of SGD's critical learning rate at the interpolating minimum near the problem's parameters.

    `.critical_learning_rate` is an enclosure [eta_s, eta_u]: the top Lyapunov exponent of the linearised updates, with
    batches drawn independently, is proved negative at every rate in (0, eta_s] and positive from eta_u to
    `.number("unstable_up_to").lower`; `up_to` asks how far. What this says about SGD itself at one of these rates needs
    the hypotheses of the stability theorem there (regularity, non-singular updates): `certify_minimum` lists them.
    sampling: "iid", "shuffled", "fixed" or an order of the examples; for epochs the lower end is where every order
    contracts, and the upper one, if there is one, where the determinants of an epoch grow for ever: no search.
    budget: seconds for the search. Raises `InputError` when the parameters are not near an interpolating minimum.
    """
    report = progress if callable(progress) else silent
    drawn = sampling if isinstance(sampling, str) else tuple(sampling)
    optimizer = SGD(1.0, batch_size, sampling=drawn, drop_last=drop_last)
    statement, witness, *_ = propose_minimum(problem, optimizer, report)
    if drawn != "iid":
        return issue("learning-rates", statement, {**witness, "segments": []})
    polished, minimum = exact_minimum(statement, witness)
    if minimum is None:
        raise InputError("no exact interpolating minimum is proved near these parameters; train further or widen")
    found = search(
        minimum.curvature,
        batch_size,
        polished.targets.shape[1],
        up_to=up_to,
        budget=budget,
        progress=lambda text: report(text, 0.6),
    )
    certificate: RatesCertificate = issue(
        "learning-rates", statement, {**witness, "segments": write_segments(found.segments)}
    )
    return certificate.with_attachments(reason=found.reason, next_step=found.next_step, seconds=found.seconds)
