"""A sentence: an identifier with parameters, whose text is rendered from the catalogue."""

from collections.abc import Mapping
from typing import Any, final

from certify.statements.catalogue import TEMPLATES
from certify.statements.parameter import same
from certify.statements.template import Template
from foundation import CertificateError


@final
class Sentence(str):
    """The rendered text, with the `id` and the `parameters` that it was rendered from; only these are compared."""

    id: str
    parameters: dict[str, Any]

    def __new__(cls, id: str, parameters: Mapping[str, Any]) -> "Sentence":
        template = TEMPLATES[id]
        if not template.fits(parameters):
            raise TypeError(f"the sentence {id!r} has other parameters than {dict(parameters)!r}")
        sentence = super().__new__(cls, template.text.format_map(template.shown(parameters)))
        sentence.id, sentence.parameters = id, dict(parameters)
        return sentence

    def __getnewargs__(self) -> tuple[str, dict[str, Any]]:  # type: ignore[override]
        return self.id, self.parameters

    @property
    def template(self) -> Template:
        """The catalogue's entry."""
        return TEMPLATES[self.id]

    def stored(self) -> dict[str, Any]:
        """The parameters that a file holds."""
        kinds = self.template.parameters
        return {key: value for key, value in self.parameters.items() if kinds[key].stored}

    def says_the_same(self, other: Any) -> bool:
        """Whether the other sentence has this id and the same exact parameters."""
        if not isinstance(other, Sentence) or other.id != self.id:
            return False
        kinds = self.template.parameters
        return all(same(self.parameters[key], other.parameters[key]) for key in self.parameters if kinds[key].exact)


def say(id: str, /, **parameters: Any) -> Sentence:
    """The sentence `id` of the catalogue with these parameters."""
    return Sentence(id, parameters)


def sentence_from_data(id: Any, parameters: Any, role: str) -> Sentence:
    """A sentence of a file; raises `CertificateError` unless the catalogue has it in this role with such parameters."""
    template = TEMPLATES.get(id) if isinstance(id, str) else None
    if template is None or template.role != role:
        raise CertificateError(f"the certificate has the unknown {role} {id!r:.80}")
    stored = {key for key, kind in template.parameters.items() if kind.stored}
    if not isinstance(parameters, dict) or set(parameters) != stored or not template.fits(parameters):
        raise CertificateError(f"the {role} {id!r} of the certificate has other parameters than {sorted(stored)}")
    return Sentence(id, parameters)
