"""A sentence with gaps."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, final

from certify.statements.parameter import Parameter

ROLES = ("claim", "hypothesis", "theorem", "reason", "next step")
NUMBERS = ("none", "enclosure", "count", "promise", "guarantee")


@final
@dataclass(frozen=True)
class Template:
    """`text`: the sentence, a format string over `parameters`.

    Claims have further: name, a format string, by which a certificate finds it; unit; number: what the enclosure
    holds. "enclosure": bounds of an unknown number; "count": bounds of a whole number, which no rounding moves and
    which a checker must find exactly; "promise": one number s, such that the statement holds for every number up to s;
    "guarantee": a promise whose number each machine computes for itself, so that it is stated a little smaller;
    "none": there is no number. formula: what the claim asserts, with `number` for the enclosed one. Theorems have
    `hypotheses`: the ids of what they need.
    """

    id: str
    role: str
    text: str
    parameters: Mapping[str, Parameter] = field(default_factory=dict)
    name: str = ""
    unit: str = ""
    number: str = "enclosure"
    formula: str = ""
    hypotheses: tuple[str, ...] = ()

    def shown(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters as the text shows them; free words that a file does not hold are left open."""
        return {
            key: kind.show(parameters[key]) if key in parameters else "(found by the check)"
            for key, kind in self.parameters.items()
        }

    def named(self, parameters: Mapping[str, Any]) -> str:
        """The claim's name with its gaps filled by the parameters themselves."""
        return self.name.format_map(parameters)

    def fits(self, parameters: Mapping[str, Any]) -> bool:
        """Whether these are the parameters of the sentence; free words may be missing."""
        needed = {key for key, kind in self.parameters.items() if kind.stored}
        return (
            needed <= set(parameters) <= set(self.parameters)
            and all(self.parameters[key].accepts(value) for key, value in parameters.items())
        )  # fmt: skip


def claim(id: str, name: str, text: str, formula: str, **others: Any) -> Template:
    """A statement that is proved; further fields by name, other keywords are the gaps of the text."""
    fields = {key: others.pop(key) for key in ("unit", "number") if key in others}
    return Template(id, "claim", text, others, name, formula=formula, **fields)


def hypothesis(id: str, name: str, text: str, **gaps: Parameter) -> Template:
    """A requirement of a theorem."""
    return Template(id, "hypothesis", text, gaps, name, number="none")


def theorem(id: str, text: str, *hypotheses: str, **gaps: Parameter) -> Template:
    """A theorem with the ids of the hypotheses that a certificate lists for it."""
    return Template(id, "theorem", text, gaps, number="none", hypotheses=hypotheses)


def reason(id: str, text: str, **gaps: Parameter) -> Template:
    """Why something stands as it does."""
    return Template(id, "reason", text, gaps, number="none")


def next_step(id: str, text: str, **gaps: Parameter) -> Template:
    """What to try where nothing is decided."""
    return Template(id, "next step", text, gaps, number="none")
