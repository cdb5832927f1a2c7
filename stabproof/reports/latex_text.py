"""Plain text as LaTeX that pdflatex sets: what is special to TeX is escaped, what its fonts lack is spelled out."""

import unicodedata

_SPECIAL = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "#": r"\#",
    "%": r"\%",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    "-": "-{}",  # no ligatures: -- stays two signs
    "`": r"\textasciigrave{}",
    "'": r"'{}",
}
_MATHS = {
    "≤": r"\le", "≥": r"\ge", "≠": r"\ne", "≈": r"\approx", "±": r"\pm", "×": r"\times", "÷": r"\div", "∞": r"\infty",
    "√": r"\surd", "∈": r"\in", "∉": r"\notin", "⊂": r"\subset", "∪": r"\cup", "∩": r"\cap", "∅": r"\emptyset",
    "∀": r"\forall", "∃": r"\exists", "∂": r"\partial", "∇": r"\nabla", "∑": r"\sum", "∏": r"\prod", "∫": r"\int",
    "→": r"\to", "←": r"\leftarrow", "⇒": r"\Rightarrow", "⇔": r"\Leftrightarrow", "⟨": r"\langle", "⟩": r"\rangle",
    "·": r"\cdot", "∘": r"\circ", "⊥": r"\perp", "⊗": r"\otimes", "ℝ": r"\mathbb{R}", "−": "-", "∼": r"\sim",
    "¬": r"\neg", "∧": r"\land", "∨": r"\lor", "≪": r"\ll", "≫": r"\gg", "≡": r"\equiv", "∝": r"\propto",
    "µ": r"\mu", "ϕ": r"\phi", "ϵ": r"\epsilon", "ϑ": r"\vartheta",
}  # fmt: skip
_SPACES = {"\u00a0": "~", "\u2009": r"\,", "\u202f": r"\,", "\n": " ", "\t": " "}
_DASHES = {
    "–": r"\textendash{}", "—": r"\textemdash{}", "…": r"\dots{}", "“": "``", "”": "''", "‘": "`", "’": "'",
    "•": r"\textbullet{}", "✓": r"\(\surd\)", "✗": r"\(\times\)",
}  # fmt: skip
_UPRIGHT_GREEK = {
    "ALPHA": "A", "BETA": "B", "EPSILON": "E", "ZETA": "Z", "ETA": "H", "IOTA": "I", "KAPPA": "K", "MU": "M",
    "NU": "N", "OMICRON": "O", "RHO": "P", "TAU": "T", "CHI": "X",
}  # fmt: skip

_ACCENTS = {
    "0300": "`", "0301": "'", "0302": "^", "0303": "~", "0304": "=", "0306": "u", "0307": ".", "0308": '"',
    "030A": "r", "030B": "H", "030C": "v", "0327": "c",
}  # fmt: skip
_LETTERS = {"ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "œ": r"\oe{}", "Œ": r"\OE{}", "ø": r"\o{}", "Ø": r"\O{}"}
_LETTERS |= {"ł": r"\l{}", "Ł": r"\L{}"}


def escaped(text: str) -> str:
    """The text itself, set by LaTeX; characters that no standard font has appear as their code, (U+4E2D)."""
    return "".join(_character(character) for character in unicodedata.normalize("NFC", text))


def wrapping(text: str) -> str:
    """The same, with places to break inside long words such as hashes and paths."""
    return "".join(
        _character(character) + (r"\allowbreak{}" if number % 8 == 7 or character in ",/)" else "")
        for number, character in enumerate(text)
    )


def _character(character: str) -> str:
    for table in (_SPECIAL, _SPACES, _DASHES):
        if character in table:
            return table[character]
    if " " <= character <= "~":
        return character
    if character in _MATHS:
        return rf"\({_MATHS[character]}\)"
    return _greek(character) or _accented(character) or f"(U+{ord(character):04X})"


def _greek(character: str) -> str:
    words = unicodedata.name(character, "").split()
    if len(words) != 4 or words[0] != "GREEK" or words[2] != "LETTER":
        return ""
    letter = words[3].replace("LAMDA", "LAMBDA")
    if words[1] == "SMALL":
        return "o" if letter == "OMICRON" else rf"\(\{letter.lower()}\)"
    return _UPRIGHT_GREEK.get(letter) or rf"\({chr(92)}{letter.capitalize()}\)"


def _accented(character: str) -> str:
    """A Latin letter with one accent by TeX's accent command."""
    if character in _LETTERS:
        return _LETTERS[character]
    base, _, mark = unicodedata.decomposition(character).partition(" ")
    letter = chr(int(base, 16)) if mark in _ACCENTS else ""
    return rf"\{_ACCENTS[mark]}{{{letter}}}" if letter.isascii() and letter.isalpha() else ""
