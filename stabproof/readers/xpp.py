"""from_xpp: an .ode file of XPP (without delays) as a system of differential equations."""

import re
from pathlib import Path
from typing import Any, final

import sympy

from foundation import InputError
from stabproof.readers.sbml_model import symbol
from stabproof.readers.system import ReadSystem
from stabproof.readers.xpp_formulas import RESERVED, Formulas, Function

_LARGEST_FILE, _MOST_LINES = 2**20, 20_000
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_NAME = r"[a-z_]\w*"
_RATE = re.compile(rf"(?:d({_NAME})/dt|({_NAME})')\s*=(.*)")
_START = re.compile(rf"({_NAME})\(0\)\s*=(.*)")
_DEFINED = re.compile(rf"({_NAME})\(([\w\s,]*)\)\s*=(.*)")
_SHIFTED = re.compile(rf"{_NAME}\(t\s*\+\s*1\)")
_FIXED = re.compile(rf"(!?)({_NAME})\s*=(.*)")
_VALUES = re.compile(r"(par|param|parameter|params|p|number|num|init|i)\s+(.*)")
# lines that say how to simulate or draw, or name further outputs
_SILENT = re.compile(r"(@|\"|(aux|set|only|options?)\s+[^\s='(])")
_REFUSED = {
    "wiener": "noise",
    "markov": "a Markov process",
    "table": "a table",
    "global": "events",
    "bdry": "boundary conditions",
    "solve": "algebraic equations",
    "volt": "Volterra equations",
    "special": "special functions on networks",
    "export": "a call of other programs",
    "bndry": "boundary conditions",
    "vector": "vectors",
    "derived": "derived names",
}


def from_xpp(path: Any) -> ReadSystem:
    """The equations of an XPP file as x' = f(x): the subset without time, delays, events, noise and arrays.

    path: of the .ode file. Read are parameters, numbers, initial values, rates (x' = or dx/dt =), fixed quantities,
    `!derived` parameters, functions, `aux` and `@` lines (which change no rate). Formulas mean what they mean there:
    2^3^2 = 64, -x^2 = -(x^2), log is natural, heav(0) = 1, sign(0) = 0, mod(-1, 3) = 2, mod(1, -3) = 1,
    flr(-1.5) = -2, and have a value where all their parts have one: exp(ln(x)) has none at x = -1. Names are compared
    without case. Numbers are the floats of the file, taken as exact. Raises `InputError` that says what is not
    modelled, a number that is followed by something (XPP reads `par a=1/3` as 1), and a quantity that is used before
    the line that defines it, and a file that includes another one.
    """
    place = Path(path)
    if not place.is_file():
        raise InputError(f"there is no file {str(place)!r}")
    if place.stat().st_size > _LARGEST_FILE:
        raise InputError(f"the file {place.name!r} is larger than {_LARGEST_FILE} bytes")
    reader = _File()
    lines = _lines(place.read_text(encoding="utf-8", errors="replace"))
    if len(lines) > _MOST_LINES:
        raise InputError(f"the file {place.name!r} has more than {_MOST_LINES} lines")
    for number, line in lines:
        if line.split()[0] in ("done", "d") and len(line.split()) == 1:
            break
        reader.take(line, f"line {number}")
    return reader.system(place.stem)


def _lines(text: str) -> list[tuple[int, str]]:
    """Numbered lines in small letters, without comments and empty ones; a backslash continues a line."""
    found: list[tuple[int, str]] = []
    start, kept = 0, ""
    for number, raw in enumerate(text.splitlines(), 1):
        if re.match(r"\s*#\s*include\b", raw, re.IGNORECASE):
            raise InputError(f"line {number} includes another file, which is not modelled: put its lines in its place")
        line = raw.partition("#")[0].strip().lower()
        start = start if kept else number
        if line.endswith("\\"):
            kept += line[:-1] + " "
            continue
        if (kept + line).strip():
            found.append((start, (kept + line).strip()))
        kept = ""
    if kept.strip():
        found.append((start, kept.strip()))
    return found


@final
class _File:
    def __init__(self) -> None:
        self.rates: dict[str, tuple[str, str]] = {}
        self.values: dict[str, sympy.Rational] = {}
        self.start: dict[str, sympy.Rational] = {}
        self.functions: dict[str, Function] = {}
        self.fixed: list[tuple[str, str, str, bool]] = []

    def take(self, line: str, where: str) -> None:
        """Reads one line."""
        word = re.split(r"\W", line, maxsplit=1)[0]
        if word in _REFUSED and re.match(rf"{word}\s", line + " ") and "=" not in line[: len(word) + 2]:
            raise InputError(f"{where} has {_REFUSED[word]}, which is not modelled")
        if _SILENT.match(line):
            return
        match = _VALUES.fullmatch(line)
        if match and "=" in match.group(2):
            table = self.start if match.group(1) in ("init", "i") else self.values
            for name, value in _pairs(match.group(2), where):
                self._new(name, table, where)
                table[name] = value
            return
        if "[" in line or "%" in line or "{" in line:
            raise InputError(f"{where} has an array or a block, which is not modelled: {line[:40]!r}")
        self._equation(line, where)

    def _equation(self, line: str, where: str) -> None:
        if match := _RATE.fullmatch(line):
            name = match.group(1) or match.group(2)
            self._new(name, self.rates, where)
            self.rates[name] = (match.group(3), where)
        elif match := _START.fullmatch(line):
            self.start[match.group(1)] = _number(match.group(2), where)
        elif _SHIFTED.match(line):
            raise InputError(f"{where} is a map, which is not modelled: {line[:40]!r}")
        elif match := _DEFINED.fullmatch(line):
            name, arguments = match.group(1), tuple(a.strip() for a in match.group(2).split(","))
            if arguments in (("t",), ("",)) or any(not re.fullmatch(_NAME, a) for a in arguments):
                raise InputError(f"{where} is an integral equation or a map, which is not modelled: {line[:40]!r}")
            self._new(name, self.functions, where)
            self.functions[name] = Function(arguments, match.group(3))
        elif match := _FIXED.fullmatch(line):
            if any(name == match.group(2) for name, *_ in self.fixed):
                raise InputError(f"{where} defines {match.group(2)!r} again")
            self._new(match.group(2), {}, where)
            self.fixed.append((match.group(2), match.group(3), where, bool(match.group(1))))
        else:
            raise InputError(f"{where} is not read: {line[:60]!r}")

    def _new(self, name: str, table: dict[str, Any], where: str) -> None:
        if name in RESERVED:
            raise InputError(f"{where} defines {name!r}, which XPP keeps for itself")
        if name in table:
            raise InputError(f"{where} defines {name!r} again")

    def system(self, name: str) -> ReadSystem:
        """The rates, with fixed quantities and functions put in."""
        if not self.rates:
            raise InputError("the file has no differential equations")
        known: dict[str, Any] = {v: symbol(v) for v in (*self.rates, *self.values)}
        twice = set(self.rates) & set(self.values)
        if twice:
            raise InputError(f"{sorted(twice)[0]!r} is a variable and a parameter at once")
        formulas = Formulas(known.get, self.functions)
        notes = []
        for quantity, text, where, derived in self.fixed:
            if quantity in known:
                raise InputError(f"{where} defines {quantity!r} again")
            value = formulas.read(text, f"{quantity!r} ({where})")
            if derived and value.free_symbols & {symbol(v) for v in self.rates}:
                raise InputError(f"{where}: the derived parameter {quantity!r} depends on a variable")
            known[quantity] = value
            notes.append(f"{quantity} = {value}")
        rates = [formulas.read(text, f"the rate of {v!r} ({where})") for v, (text, where) in self.rates.items()]
        for v in self.start:
            if v not in self.rates:
                raise InputError(f"an initial value is given for {v!r}, which has no differential equation")
        return ReadSystem(
            name=name,
            variables=tuple(symbol(v) for v in self.rates),
            formulas=tuple(rates),
            parameters=dict(self.values),
            initial_exact=tuple(self.start.get(v, sympy.S.Zero) for v in self.rates),
            notes=tuple(notes),
            dropped=tuple(formulas.domain.dropped),
        )


def _pairs(text: str, where: str) -> list[tuple[str, sympy.Rational]]:
    """name=number, separated by commas or blanks."""
    found = []
    for part in re.split(r"[,\s]+", re.sub(r"\s*=\s*", "=", text).strip(", ")):
        name, sign, value = part.partition("=")
        if not sign or not re.fullmatch(_NAME, name):
            raise InputError(f"{where} has {part[:30]!r} where name=number is expected")
        found.append((name, _number(value, where)))
    return found


def _number(text: str, where: str) -> sympy.Rational:
    """A number that is all of the text: XPP itself reads to the first character that fits no number."""
    if not _NUMBER.fullmatch(text.strip()):
        raise InputError(
            f"{where} has {text.strip()[:30]!r} where a number is expected (XPP would read the digits before the first "
            "other character); write the number, or a formula as !name=..."
        )
    return sympy.Rational(float(text))
