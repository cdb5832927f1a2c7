"""What a proof leaves behind: claims, hypotheses, verdict, and all that a checker needs to repeat it."""

from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any, Self, final

from certify.certificate.encoding import Tree, input_hash
from certify.certificate.summary import certificate_summary
from certify.enclosure import Enclosure
from certify.statements import Sentence, say, title_of
from certify.verdict import Verdict
from foundation import InputError, Shown, Summary


@final
class Status(Enum):
    """How a hypothesis of the theorem stands."""

    PROVED = "proved"
    REFUTED = "refuted"
    ASSUMED = "assumed"
    NOT_NEEDED = "not needed"
    UNDECIDED = "undecided"


@final
@dataclass(frozen=True)
class Claim:
    """One proved mathematical statement about the certificate's data.

    statement: a `Sentence`, rendered from its id; a checker compares ids and numbers, never words.
    `enclosure` bounds the number that the statement is about (None for a statement without a number).
    """

    name: str
    statement: str
    enclosure: Enclosure | None = None
    unit: str = ""

    @property
    def number(self) -> str:
        """What the enclosure holds: "enclosure", "count", "promise" or "none"; see `certify.statements.Template`."""
        return self.statement.template.number if isinstance(self.statement, Sentence) else "enclosure"


def claim(id: str, enclosure: Enclosure | None = None, /, **parameters: Any) -> Claim:
    """The claim `id` of the catalogue, with the name and the unit that it has there."""
    sentence = say(id, **parameters)
    template = sentence.template
    return Claim(template.named(parameters), sentence, enclosure, template.unit)


@final
@dataclass(frozen=True)
class Hypothesis:
    """A requirement of the theorem used, and whether it was proved, assumed by the user, or not needed."""

    name: str
    statement: str
    status: Status
    reason: str = ""


def hypothesis(id: str, status: Status, reason: str = "", /, **parameters: Any) -> Hypothesis:
    """The hypothesis `id` of the catalogue; `reason` says why it stands as it does."""
    sentence = say(id, **parameters)
    return Hypothesis(sentence.template.name, sentence, status, reason)


@final
@dataclass(frozen=True)
class ProofResult:
    """What a prover concludes from (problem, witness); a checker must reach the same."""

    verdict: Verdict
    theorem: str
    claims: tuple[Claim, ...]
    hypotheses: tuple[Hypothesis, ...] = ()
    reason: str = ""
    next_step: str = ""

    def claim(self, name: str) -> Claim | None:
        """The claim of that name, or None."""
        return next((claim for claim in self.claims if claim.name == name), None)


@dataclass(frozen=True, repr=False)
class Certificate(Shown):
    """A verdict with its proof: `stabproof.check` repeats it from `problem` and `witness` alone.

    kind: which prover repeats it. problem: the statement's data (programs, exact arrays, settings).
    witness: what the search found (approximate inverses, matrices, trial functions), as far as the proof reads it.
    arithmetic, software: the ground and the versions under which it was issued, as recorded. effort: the counted work
    of the proof. traced: how each program was compared with JAX when it was traced, as recorded. attachments: estimates
    for reports, which no file holds. format: 2, or 1 for an old file, whose words are not read.
    """

    kind: str
    problem: dict[str, Tree]
    witness: dict[str, Tree]
    outcome: ProofResult
    arithmetic: dict[str, Tree] = field(default_factory=dict)
    software: dict[str, Tree] = field(default_factory=dict)
    effort: dict[str, int] = field(default_factory=dict)
    traced: dict[str, Tree] = field(default_factory=dict)
    attachments: dict[str, Tree] = field(default_factory=dict)
    format: int = 2

    def _summary(self) -> Summary:
        return certificate_summary(self)

    @property
    def title(self) -> str:
        """What the certificate is about, from its kind and problem."""
        return title_of(self.kind, self.problem)

    @property
    def verdict(self) -> Verdict:
        return self.outcome.verdict

    @property
    def theorem(self) -> str:
        return self.outcome.theorem

    @property
    def claims(self) -> tuple[Claim, ...]:
        return self.outcome.claims

    @property
    def hypotheses(self) -> tuple[Hypothesis, ...]:
        return self.outcome.hypotheses

    @property
    def reason(self) -> str:
        """Why the verdict is UNDECIDED (empty otherwise)."""
        return self.outcome.reason

    @property
    def next_step(self) -> str:
        """What to try next when the verdict is UNDECIDED."""
        return self.outcome.next_step

    @property
    def input_hash(self) -> str:
        """SHA-256 of the problem's canonical form."""
        return input_hash(self.problem)

    def number(self, name: str) -> Enclosure | None:
        """The proved enclosure of the claim `name`, or None when nothing was proved about it."""
        claim = self.outcome.claim(name)
        return claim.enclosure if claim else None

    @property
    def existence_radius(self) -> float | None:
        """Upper bound of the Euclidean distance from the given parameters to the exact minimum; None: not proved."""
        enclosure = self.number("existence_radius")
        return None if enclosure is None else enclosure.upper

    @property
    def sharpness(self) -> Enclosure | None:
        """Largest eigenvalue of the loss's Hessian on the normal space, at the exact minimum."""
        return self.number("sharpness")

    @property
    def spectral_radius(self) -> Enclosure | None:
        """Largest modulus of the update's eigenvalues on the normal space at the exact minimum, as its claim says: with
        a memory, of the roots of the companion polynomials.
        """
        return self.number("spectral_radius")

    @property
    def lyapunov_exponent(self) -> Enclosure | None:
        """Top Lyapunov exponent of the linearised update on the normal space, nats per step."""
        return self.number("lyapunov_exponent")

    @property
    def critical_learning_rate(self) -> Enclosure | None:
        """The learning rate at which the verdict changes, where it is a number."""
        return self.number("critical_learning_rate")

    @property
    def basin_radius(self) -> float | None:
        """Every start within this distance of the given parameters converges to an exact minimum; None: not proved."""
        enclosure = self.number("basin_radius")
        return None if enclosure is None else enclosure.lower

    @property
    def convergence_rate(self) -> Enclosure | None:
        """The slowest rate of that convergence: its upper end bounds the factor by which errors fall in a step."""
        return self.number("convergence_rate")

    @property
    def float32_error(self) -> float | None:
        """How far an evaluation in float32 may be from the real network, over the data; None: not asked for."""
        enclosure = self.number("float32_error")
        return None if enclosure is None else enclosure.upper

    @property
    def preconditioned_sharpness(self) -> Enclosure | None:
        """lambda_max(G^(1/2) H G^(1/2)) at the given second moments of an adaptive optimiser; None: not proved."""
        return self.number("preconditioned_sharpness")

    @property
    def sampling(self) -> str | None:
        """How the batches of SGD are drawn ("iid", "shuffled", "fixed", "iid and shuffled"); None: no batches."""
        settings = self.problem.get("optimizer")
        if not isinstance(settings, dict) or settings.get("name") != "sgd":
            return None
        return str(settings.get("sampling", "iid"))

    @property
    def point(self) -> Any:
        """The float array near which the minimum or equilibrium is proved to exist; None: there is none."""
        return self.witness.get("point")

    @property
    def radius(self) -> float | None:
        """Upper bound of the Euclidean distance from `point` to the exact equilibrium; None: not proved."""
        enclosure = self.number("radius")
        return None if enclosure is None else enclosure.upper

    @property
    def eigenvalues(self) -> Any:
        """Counted discs of the linearisation at the equilibrium (an `Eigenvalues`); None: not proved."""
        from certify.equilibrium.spectrum import certified_eigenvalues

        return certified_eigenvalues(self)

    @property
    def directions(self) -> tuple[int, int, int] | None:
        """Numbers of stable, unstable and undecided directions of an equilibrium; None: not proved."""
        counts = [self.number(f"{name}_directions") for name in ("stable", "unstable", "undecided")]
        return None if None in counts else tuple(int(c.lower) for c in counts if c is not None)  # type: ignore[return-value]

    @property
    def enclosure(self) -> Enclosure:
        """The enclosure of the certificate's main number; raises `InputError` when it has none."""
        for claim in self.claims:
            if claim.enclosure is not None:
                return claim.enclosure
        raise InputError(f"the certificate '{self.title}' encloses no number; its verdict is {self.verdict.name}")

    def with_attachments(self, **attachments: Any) -> Self:
        """The same certificate with further estimates for reports."""
        return replace(self, attachments={**self.attachments, **attachments})

    def save(self, path: Any) -> None:
        """Write the certificate as JSON, whole or not at all; raises `InputError` when that is impossible."""
        from certify.certificate.file import write_certificate

        write_certificate(self, path)
