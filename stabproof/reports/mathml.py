"""SymPy expressions as presentation MathML."""

import html
import re
from typing import Any

import sympy
from sympy.printing.conventions import requires_partial
from sympy.printing.mathml import MathMLPresentationPrinter
from sympy.printing.precedence import PRECEDENCE

from stabproof.reports.exact_values import NOTE, is_shortened, readable
from stabproof.reports.mathml_width import width
from stabproof.reports.pieces import Piece, has_partial_derivatives, ordered_terms, pieces, statements

_OPEN = '<math xmlns="http://www.w3.org/1998/Math/MathML"'
_ELEMENTS = {
    *("mrow", "mi", "mn", "mo", "ms", "mtext", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup", "munder", "mover"),
    *("munderover", "mtable", "mtr", "mtd", "mstyle", "mspace", "mfenced", "mpadded", "mphantom"),
}
# the printer writes comparison signs unescaped, entities that XML does not know, and hyphens for minus signs
_CORRECTIONS = (
    ("<mo><</mo>", "<mo>&lt;</mo>"),
    ("<mo>></mo>", "<mo>&gt;</mo>"),
    ("&dd;", "d"),
    ("</mn><mo>&InvisibleTimes;</mo><mn>", "</mn><mo>·</mo><mn>"),  # 5 10 would read as 510
    ("&InvisibleTimes;", "&#8290;"),
    ("<mo>-</mo>", "<mo>−</mo>"),
    ("<mn>-", "<mn>−"),
)
# the index of x_{n-1}
_BRACED = re.compile(r"<mi>\{([^{}<>]*)\}</mi>")
_UNSAFE = re.compile(r"<\w+\s[^>]*\bon\w+=|&(?!#?\w+;)")
_OPERATORS = {"!=": "≠", "<": "&lt;", "<=": "≤", ">": "&gt;", ">=": "≥", "<=>": "⇔", "=>": "⇒", "and": "∧", "or": "∨"}


def displayed(expression: sympy.Basic) -> str:
    """A block formula: a line for each claim; long lines wrap at relations and between the terms of sums."""
    partial = has_partial_derivatives(expression)
    lines = (_line(claim, partial) for claim in statements(readable(expression)))
    note = f'<div class="line note">{NOTE}</div>' if is_shortened(expression) else ""
    return "".join(f'<div class="line">{line}</div>' for line in lines) + note


def inline(expression: sympy.Basic) -> str:
    """A formula inside a line of text."""
    return f"{_OPEN}>{_content(expression, has_partial_derivatives(expression))}</math>"


def _line(expression: sympy.Basic, partial: bool) -> str:
    return " ".join(_block(_piece(piece, partial)) for piece in pieces(expression))


def _block(body: str) -> str:
    return f'{_OPEN} displaystyle="true" style="--width: {width(body):.1f}"><mrow>{body}</mrow></math>'


def _piece(piece: Piece, partial: bool) -> str:
    body = _content(piece.expression, partial)
    if piece.opening or piece.closing:
        stretch = "" if piece.opening and piece.closing else ' stretchy="false"'
        before, after = (
            "".join(f"<mo{stretch}>{sign}</mo>" for sign in signs)
            for signs in (piece.opening.replace("-", "−"), piece.closing)
        )
        body = f"{before}{body}{after}"
    if not piece.operator or (piece.operator == "+" and re.match(r"(<mrow>)?<m[on][^>]*>−", body)):
        return body
    return f'<mo form="infix">{_OPERATORS.get(piece.operator, piece.operator)}</mo>{body}'


class _Printer(MathMLPresentationPrinter):
    """SymPy's printer, with the order of a derivative where it belongs: d^2 L / d t^2."""

    def __init__(self, partial: bool) -> None:
        super().__init__({"mat_delim": ""})
        self._partial = partial

    def _print_Add(self, expr: sympy.Add, order: Any = None) -> Any:
        """SymPy's own loses the brackets of a sum inside a sum: a - (b - c) became a - b - c."""
        row = self._node("mrow")
        for number, term in enumerate(ordered_terms(expr)):
            negative = bool(number and not term.is_Add and term.could_extract_minus_sign())
            shown = -term if negative else term
            if number:
                row.appendChild(self._text("−" if negative else "+"))
            row.appendChild(self._bracketed(shown) if number and shown.is_Add else self._print(shown))
        return row

    def _print_Mul(self, expr: sympy.Mul) -> Any:
        """-(a + b) as it is written, which SymPy's own prints as -a + b; and -3 times 2, which it cannot print."""
        if len(expr.args) > 1 and all(factor.is_Rational for factor in expr.args):
            return self._numbers(expr)
        if len(expr.args) != 2 or expr.args[0] != -1 or not expr.args[1].is_Add:
            return super()._print_Mul(expr)
        row = self._node("mrow")
        row.appendChild(self._text("−"))
        row.appendChild(self._bracketed(expr.args[1]))
        return row

    def _numbers(self, expr: sympy.Mul) -> Any:
        row = self._node("mrow")
        for number, factor in enumerate(expr.args):
            if number:
                row.appendChild(self._text("·"))
            row.appendChild(self._bracketed(factor) if number and factor.is_negative else self._print(factor))
        return row

    def _print_Limit(self, limit: sympy.Limit) -> Any:
        function, variable, place = limit.args[:3]
        below, name, row = self._node("mrow"), self._node("munder"), self._node("mrow")
        for part in (self._print(variable), self._text("→"), self._print(place)):
            below.appendChild(part)
        for part in (self._text("lim"), below):
            name.appendChild(part)
        row.appendChild(name)
        row.appendChild(self._bracketed(function) if function.is_Add else self._print(function))
        return row

    def _print_Product(self, product: sympy.Product) -> Any:
        (variable, lower, upper), *_ = product.limits
        sign, below, row = self._node("munderover"), self._node("mrow"), self._node("mrow")
        for part in (self._print(variable), self._text("="), self._print(lower)):
            below.appendChild(part)
        for part in (self._text("∏"), below, self._print(upper)):
            sign.appendChild(part)
        row.appendChild(sign)
        row.appendChild(self.parenthesize(product.function, PRECEDENCE["Mul"]))
        return row

    def _print_Derivative(self, derivative: sympy.Derivative) -> Any:
        sign = "∂" if self._partial or requires_partial(derivative.expr) else "d"
        order = sum(count for _, count in derivative.variable_count)
        below = self._node("mrow")
        for variable, count in reversed(derivative.variable_count):
            below.appendChild(self._text(sign))
            below.appendChild(self._raised(self._print(variable), count))
        fraction, row = self._node("mfrac"), self._node("mrow")
        fraction.appendChild(self._raised(self._text(sign), order))
        fraction.appendChild(below)
        row.appendChild(fraction)
        row.appendChild(self._operand(derivative.expr))
        return row

    def _print_Subs(self, substituted: sympy.Subs) -> Any:
        """An expression at a place: a bar behind it, with the values of the variables below."""
        row, below, bar = self._node("mrow"), self._node("mrow"), self._node("msub")
        row.appendChild(self._operand(substituted.expr))
        for number, (name, value) in enumerate(zip(substituted.variables, substituted.point, strict=True)):
            for part in (
                *([self._text(",")] if number else []),
                self._print(name),
                self._text("="),
                self._print(value),
            ):
                below.appendChild(part)
        bar.appendChild(self._text("|"))
        bar.appendChild(below)
        row.appendChild(bar)
        return row

    def _print_Determinant(self, determinant: sympy.Determinant) -> Any:
        return self._named("det", determinant.arg)

    def _print_Trace(self, trace: sympy.Trace) -> Any:
        return self._named("tr", trace.arg)

    def _print_Order(self, order: sympy.Order) -> Any:
        return self._named("O", order.expr, True)

    def _named(self, name: str, argument: sympy.Basic, brackets: bool = False) -> Any:
        """det A, tr A, O(x): a name before its argument."""
        row = self._node("mrow")
        row.appendChild(self._text(name))
        bare = isinstance(argument, sympy.MatrixBase) and not brackets
        row.appendChild(self._print(argument) if bare else self._bracketed(argument))
        return row

    def _print_ConditionSet(self, found: sympy.ConditionSet) -> Any:
        row = self._node("mrow")
        for part in ("{", found.sym, "∈", found.base_set, "|", found.condition, "}"):
            row.appendChild(self._text(part) if isinstance(part, str) else self._print(part))
        return row

    def _operand(self, expression: sympy.Expr) -> Any:
        """The function that is differentiated, in brackets unless it is a name."""
        if expression.is_Symbol or expression.is_Function:
            return self._print(expression)
        return self._bracketed(expression)

    def _bracketed(self, expression: sympy.Basic) -> Any:
        row = self._node("mrow")
        for part in (self._text("("), self._print(expression), self._text(")")):
            row.appendChild(part)
        return row

    def _raised(self, base: Any, power: Any) -> Any:
        if power == 1:
            return base
        node = self._node("msup")
        node.appendChild(base)
        node.appendChild(self._print(sympy.sympify(power)))
        return node

    def _text(self, text: str) -> Any:
        node = self._node("mo")
        node.appendChild(self.dom.createTextNode(text))
        return node

    def _node(self, name: str) -> Any:
        return self.dom.createElement(name)


def _content(expression: sympy.Basic, partial: bool) -> str:
    try:
        text: str = _Printer(partial).doprint(expression)
    except Exception:  # a node that SymPy's printer cannot print is shown in SymPy's own notation
        return f"<mtext>{html.escape(str(expression))}</mtext>"
    for plain, escaped in _CORRECTIONS:
        text = text.replace(plain, escaped)
    text = _BRACED.sub(r"<mi>\1</mi>", text)
    # names of symbols are printed unescaped too: what holds anything but mathematics is shown as plain text
    if set(re.findall(r"</?([^\s>/]*)", text)) <= _ELEMENTS and not _UNSAFE.search(text):
        # brackets of matrices are borders: signs grow with them only where a font for mathematics is installed
        return text.replace("<mtable>", '<mtable class="matrix">')
    return f"<mtext>{html.escape(str(expression))}</mtext>"
