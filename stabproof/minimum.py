"""certify_minimum: propose, prove, verdict."""

from typing import Any

import numpy as np

from certify.certificate import MinimumCertificate, issue
from certify.minimum.repeated import Distinct, contradiction
from certify.minimum.rounding import FLOAT32
from certify.program import Program
from certify.program.single_precision import uncovered
from foundation import InputError, positive_number
from foundation.errors import type_of
from numeric import SGD, Regression
from numeric.curvature import hessian
from numeric.loss import Loss
from numeric.ntk import jacobian
from search.minimum.basin import basin_of_regression
from search.minimum.point import distinct_examples, given_parameters, proposed_inverse, refined_parameters
from stabproof.arithmetic import cheapest
from stabproof.basin import with_basin
from stabproof.batches import with_batches
from stabproof.losses import squared_form
from stabproof.minimum_statement import Optimizer, optimizer_settings, statement_of
from stabproof.optax_optimizer import is_optax, optax_rest, optax_settings
from stabproof.progress import Progress, ProgressOption, silent, with_progress
from stabproof.sampling import check_sampling
from stabproof.strict_loss import certify_strict_minimum

# Its square, times curvatures of any use, is a float.
_LARGEST_RATE = 1e100


@with_progress
@np.errstate(over="ignore", invalid="ignore")  # of estimates: what overflows is refused with a sentence
def certify_minimum(
    problem: Regression | Loss,
    optimizer: Optimizer | Any,
    *,
    state: Any = None,
    tolerance: float | None = None,
    budget: float | None = None,
    progress: ProgressOption = None,
    basin: bool = False,
    polish: bool = True,
    precision: str | None = None,
    symmetry: Any = None,
    batch_size: int | None = None,
    sampling: Any = None,
) -> MinimumCertificate:
    """Prove that an exact minimum exists near the problem's parameters and whether the optimiser finds it stable.

    With at least as many parameters as residuals (D >= qN) the minimum interpolates the data: its existence, the
    independence of its gradients, its sharpness and the thresholds come from the Gram matrix K = J J^T enclosed at
    the exact minimum. With fewer parameters it is a strict minimum and the full Hessian takes the place of K.
    `batch_size` and `sampling` ("iid", "shuffled", "fixed" or an order) draw batches for an optimiser that does not say
    how: gradient descent and momentum, of optax or ours, become SGD; others are UNDECIDED, with what is proved of the
    minimum.
    Under SGD the Lyapunov exponent of the linearised updates is enclosed; the search for its proof ends at a decided
    sign, at a width of at most `tolerance` when one is given, or after `budget` seconds (60).
    With `basin=True` gradient descent, heavy ball and Nesterov are also followed from here: the certificate's
    `basin_radius`, `convergence_rate` and the claim `limit_distance` hold for every start that near the parameters.
    The point of the proof is found by Newton steps from the parameters, and where these do not help by
    Levenberg-Marquardt steps; `.attachments["refinement"]` says what was done. `polish=False` takes the parameters as
    they are. Examples that repeat another one count once; two that differ in their targets alone are reported.
    With `precision="float32"` the certificate's `.float32_error` bounds how far an evaluation of the network in float32
    is from the real network, over the data, at the given parameters.
    Minima of a `Loss` may form orbits of symmetries, modulo which they are strict: rotations, changes of basis between
    linear layers, scalings of ReLU units, shifts before a softmax. They are found where the Hessian is singular, or
    given as `symmetry`, generators dtheta/dt = S theta (matrices (D, D)) or t (vectors (D,)) of whole numbers.
    Returns a certificate (verdict STABLE, UNSTABLE or UNDECIDED with a reason); everything in it is proved,
    and `stabproof.check` repeats the proof. Raises `InputError` when the parameters are not near a minimum.
    """
    report = progress if callable(progress) else silent
    _check_options({"tolerance": tolerance, "budget": budget}, {"basin": basin, "polish": polish}, precision)
    optimizer, batches = with_batches(problem, optimizer, state, batch_size, sampling)
    if isinstance(problem, Loss):
        if precision is not None:
            raise InputError('precision="float32" is about the outputs of a network: pass a Regression')
        return _strict(problem, optimizer, state, report, basin, symmetry)
    if symmetry is not None:
        raise InputError("symmetries are those of a Loss; a Regression that interpolates needs none")
    optimizer = with_basin(basin, optimizer, problem, state)
    statement, witness, eigenvalues, refinement = propose_minimum(problem, optimizer, report, state, polish)
    if batches is not None:
        statement = statement | {"optimizer": statement["optimizer"] | batches}
    if precision is not None:
        _check_single(statement["predict"])
        statement = statement | {"precision": precision}

    searched: dict[str, Any] = {}

    def prove(witness: dict[str, Any]) -> MinimumCertificate:
        # what proves the exponent is looked for once, within the budget; other arithmetic proves it again
        if isinstance(optimizer, SGD) and not searched:
            from search.minimum.stochastic import propose_exponent  # brings SciPy's optimisers

            searched.update(propose_exponent(statement, witness, tolerance, budget, report))
        witness = witness | searched
        if basin:
            witness = witness | basin_of_regression(statement, witness)
        report("proving", 0.5)
        proved: MinimumCertificate = issue("minimum", statement, witness)
        return proved

    def rows() -> np.ndarray:
        return jacobian(_working(problem, optimizer)[0], witness["point"])

    certificate = cheapest(prove, statement, witness, rows, report)
    report("proved", 1.0)
    return certificate.with_attachments(hessian_eigenvalues=eigenvalues, refinement=refinement)


def _check_options(numbers: dict[str, Any], switches: dict[str, Any], precision: Any) -> None:
    for name, value in numbers.items():
        if value is not None:
            positive_number(value, name)
    for name, value in switches.items():
        if not isinstance(value, bool):
            raise InputError(f"{name} must be True or False, but is {value!r}")
    if precision not in (None, FLOAT32):
        raise InputError(f'precision must be None or "float32", but is {precision!r}')


def _strict(
    problem: Loss, optimizer: Optimizer | Any, state: Any, report: Progress, basin: bool, symmetry: Any
) -> MinimumCertificate:
    """A strict minimum of a scalar loss, or one that is strict modulo symmetries."""
    if basin and symmetry is not None:
        raise InputError("basin=True is about isolated minima; leave symmetry out")
    _check_optimizer(optimizer)
    if isinstance(optimizer, SGD):
        raise InputError(
            "SGD needs the losses of single examples: pass a Regression with a loss, or ask for full batches"
        )
    optimizer = with_basin(basin, optimizer, problem, state)
    settings = optax_settings(problem, optimizer, state) if is_optax(optimizer) else optimizer_settings(optimizer)

    def rest(theta: np.ndarray, slope: np.ndarray) -> dict[str, Any]:
        if not is_optax(optimizer):
            return {}
        return optax_rest(problem, optimizer, state, settings, theta, slope, lambda t: problem.field(t, *problem.data))

    return certify_strict_minimum(problem, settings, report, basin, rest, symmetry)


def propose_minimum(
    problem: Regression, optimizer: Optimizer | Any, report: Progress, state: Any = None, polish: bool = True
) -> tuple[dict[str, Any], dict[str, Any], np.ndarray, str]:
    """The statement about a minimum, the witness of its existence, the Hessian's normal eigenvalues (estimates), and
    how the witness's point was found.

    Raises `InputError` when the parameters are not near a minimum.
    """
    _check_types(problem, optimizer)
    report("tracing the network", 0.0)
    statement = statement_of(problem, optimizer, state)
    if _is_contradictory(problem):
        return statement, {"point": problem.flat_params}, np.zeros(0), "nothing was refined: no interpolation exists"
    report("polishing the parameters", 0.1)
    working, single = _working(problem, optimizer)
    if problem.loss_settings is not None and working.residuals > working.dimension:
        raise InputError(_NOT_ATTAINED)
    # a program knows nothing of derivatives that the network replaces, which training follows
    program = None if "replaced" in statement else statement["predict"]
    refined = refined_parameters(working, program) if polish else given_parameters(working)
    report("proposing an approximate inverse", 0.3)
    inverse, eigenvalues = proposed_inverse(working, refined, single)
    point = refined.theta
    witness = {"point": point, **inverse}
    if is_optax(optimizer) and "inverse_hessian" in inverse:
        slope = hessian(working, point)
        settings = statement["optimizer"]
        witness |= optax_rest(problem, optimizer, state, settings, point, slope, lambda t: slope @ (t - point))
    return statement, witness, eigenvalues, refined.message


def _working(problem: Regression, optimizer: Any) -> tuple[Regression, Distinct | None]:
    """The squared error with the same zeros, each example once where the optimiser sees them all in each step."""
    working = squared_form(problem)
    if working is not problem or isinstance(optimizer, SGD):
        return working, None
    once, single = distinct_examples(problem)
    # a minimum that leaves residuals is one of the loss itself
    return (once, single) if once.residuals <= once.dimension else (problem, None)


def _is_contradictory(problem: Regression) -> bool:
    """Whether two examples of an interpolation problem have equal inputs and different targets."""
    apart = problem.loss_settings is None and not problem.batched
    interpolates = apart and problem.targets.size <= problem.dimension
    return interpolates and contradiction(problem.inputs, problem.targets) is not None


def _check_types(problem: Any, optimizer: Any) -> None:
    if not isinstance(problem, Regression):
        raise InputError(f"problem must be a stabproof.Regression or Loss, but is {type_of(problem)}")
    _check_optimizer(optimizer)
    if isinstance(optimizer, SGD):
        if problem.batched:
            raise InputError(
                "a predict that sees the whole batch (batched=True) is proved for full batches, not for SGD"
            )
        check_sampling(problem, optimizer)
        if problem.loss_settings is None and problem.dimension < problem.residuals:
            raise InputError(
                "SGD has a fixed point only if every example is interpolated, but "
                f"{problem.dimension} parameters cannot "
                f"interpolate {problem.residuals} residuals; use GradientDescent or a wider network"
            )


def _check_optimizer(optimizer: Any) -> None:
    if not isinstance(optimizer, Optimizer) and not is_optax(optimizer):
        raise InputError(
            f"optimizer must be GradientDescent, SGD, HeavyBall, Nesterov or Adam of stabproof, or an optax "
            f"transformation, but is {optimizer!r}"
        )
    _check_rate(optimizer)


def _check_rate(optimizer: Any) -> None:
    rate = getattr(optimizer, "learning_rate", None)
    if rate is not None and rate > _LARGEST_RATE:
        raise InputError(
            f"learning_rate is {float(rate):g}, beyond {_LARGEST_RATE:g}: the squares of such a step overflow; "
            "stable learning rates are of the size of 2 / sharpness"
        )


def _check_single(predict: Program) -> None:
    obstacle = uncovered(predict)
    if obstacle:
        raise InputError(
            f"the error of float32 is not bounded for {obstacle}: write it with sums, products and elementary "
            "functions, or leave precision out"
        )
    if predict.record is not None and predict.record.shifts:
        raise InputError(
            "the error of float32 is not bounded for a softmax or log-sum-exp that does not subtract its largest entry "
            f"first (at {', '.join(predict.record.shifts[:3])}): use jax.nn.softmax or jax.nn.logsumexp"
        )


_NOT_ATTAINED = (
    "with more residuals than parameters a loss other than the squared error is certified at a strict minimum: pass "
    "sp.Loss(function, params, inputs, targets) with the mean loss as a function of the parameters"
)
