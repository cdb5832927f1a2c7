"""Everything that certificates say: sentences are identifiers with parameters, and their text is rendered here."""

from certify.statements.catalogue import TEMPLATES
from certify.statements.sentence import Sentence, say, sentence_from_data
from certify.statements.template import Template
from certify.statements.titles import title_of

__all__ = ["TEMPLATES", "Sentence", "Template", "say", "sentence_from_data", "title_of"]
