"""SBML files for tests, written as text: the formulas are MathML, given as Python tuples."""

_HEAD = (
    '<?xml version="1.0" encoding="UTF-8"?>\n<sbml xmlns="http://www.sbml.org/sbml/level3/version{v}/core" level="3" '
    'version="{v}"><model id="{id}"{more}>'
)
_CELL = '<compartment id="c" spatialDimensions="3" size="1" constant="true"/>'


def math(formula):
    """("plus", "x", 2) as MathML; a text is a name, a number a number."""
    return f'<math xmlns="http://www.w3.org/1998/Math/MathML">{_node(formula)}</math>'


def _node(formula):
    if isinstance(formula, str):
        return formula if formula.startswith("<") else f"<ci>{formula}</ci>"
    if isinstance(formula, int):
        return f'<cn type="integer">{formula}</cn>'
    if isinstance(formula, float):
        return f"<cn>{formula!r}</cn>"
    head, *rest = formula
    inside = "".join(_node(part) for part in rest)
    operator = f"<ci>{head[1:]}</ci>" if head.startswith("@") else f"<{head}/>"
    return f"<apply>{operator}{inside}</apply>"


def species(
    name, amount=None, concentration=None, *, only=False, boundary=False, constant=False, cell="c", factor=None
):
    value = f'initialAmount="{amount}"' if amount is not None else ""
    value = f'initialConcentration="{concentration}"' if concentration is not None else value
    more = "" if factor is None else f' conversionFactor="{factor}"'
    flags = (only, boundary, constant)
    texts = [str(flag).lower() for flag in flags]
    return (
        f'<species id="{name}" compartment="{cell}" {value} hasOnlySubstanceUnits="{texts[0]}" '
        f'boundaryCondition="{texts[1]}" constant="{texts[2]}"{more}/>'
    )


def reaction(name, reactants, products, law, local="", fast=False):
    def side(tag, entries):
        refs = "".join(
            f'<speciesReference species="{s}" constant="true"' + ("" if n is None else f' stoichiometry="{n}"') + "/>"
            for s, n in entries
        )
        return f"<listOf{tag}>{refs}</listOf{tag}>" if entries else ""

    speed = f' fast="{str(fast).lower()}"'
    return (
        f'<reaction id="{name}" reversible="false"{speed}>{side("Reactants", reactants)}{side("Products", products)}'
        f"<kineticLaw>{math(law)}{local}</kineticLaw></reaction>"
    )


def parameter(name, value=None, constant=True):
    text = "" if value is None else f' value="{value}"'
    return f'<parameter id="{name}"{text} constant="{str(constant).lower()}"/>'


def model(
    *,
    parameters="",
    cells=_CELL,
    kinds="",
    rules="",
    reactions="",
    functions="",
    assignments="",
    events="",
    more="",
    version=1,
):
    parts = (
        ("FunctionDefinitions", functions),
        ("Compartments", cells),
        ("Species", kinds),
        ("Parameters", parameters),
        ("InitialAssignments", assignments),
        ("Rules", rules),
        ("Reactions", reactions),
        ("Events", events),
    )
    body = "".join(f"<listOf{tag}>{text}</listOf{tag}>" for tag, text in parts if text)
    return _HEAD.format(id="test", v=version, more=more) + body + "</model></sbml>"


def rate_rule(name, formula):
    return f'<rateRule variable="{name}">{math(formula)}</rateRule>'


def assignment_rule(name, formula):
    return f'<assignmentRule variable="{name}">{math(formula)}</assignmentRule>'
