"""The kinds of certificates that are covered."""

from recheck.minimum import prove_minimum
from recheck.proof import Prover

PROVERS: dict[str, Prover] = {
    "minimum": prove_minimum,
}
