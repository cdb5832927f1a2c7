"""The linearised updates of SGD on the normal space of an exact minimum."""

from certify.lyapunov.families.family import Family
from certify.lyapunov.families.sgd_family import SGDFamily, sgd_family
from certify.minimum.existence import ExactMinimum
from certify.minimum.momentum_family import can_be_listed, momentum_family
from certify.minimum.settings import setting
from certify.minimum.statement import MinimumStatement
from certify.training.sampling import Epochs, epochs
from certify.training.sampling.scheme import drops_last


def plain_family(statement: MinimumStatement, minimum: ExactMinimum) -> SGDFamily:
    """The updates A_S = I - (eta/B) E_S K of independent batches without momentum, kept as K."""
    settings = statement.optimizer
    return sgd_family(
        minimum.curvature, setting(settings, "learning_rate"), int(settings["batch_size"]), statement.targets.shape[1]
    )


def linearised_family(statement: MinimumStatement, minimum: ExactMinimum) -> SGDFamily | Family | None:
    """The random matrices of SGD on the normal space, from the Gram balls at the exact minimum.

    Plain SGD: kept as K. With momentum: the explicit block matrices on (w, v); None where they are too many to list.
    """
    family = plain_family(statement, minimum)
    if not has_momentum(statement):
        return family
    return momentum_family(family, setting(statement.optimizer, "momentum")) if can_be_listed(family) else None


def has_momentum(statement: MinimumStatement) -> bool:
    """Whether the optimiser keeps a memory."""
    return float(statement.optimizer.get("momentum", 0.0)) != 0.0


def epochs_of(statement: MinimumStatement, minimum: ExactMinimum) -> Epochs:
    """The epochs of the statement's SGD at the exact minimum."""
    settings = statement.optimizer
    momentum = setting(settings, "momentum") if "momentum" in settings else None
    return epochs(
        minimum.curvature,
        setting(settings, "learning_rate"),
        int(settings["batch_size"]),
        statement.targets.shape[1],
        drop_last=drops_last(settings),
        momentum=momentum,
    )
