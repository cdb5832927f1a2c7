"""From a SymPy loss to the exact stability of its minima under gradient descent."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, final

import sympy
from sympy.logic.boolalg import Boolean

from foundation import InputError
from symbolic.centre_manifold import BoundaryStability, cubic_term_test, flip_test
from symbolic.checks import Definition, IsRoot, JacobianIs
from symbolic.decide_zero import is_zero
from symbolic.derivation import Derivation, Step
from symbolic.inputs import as_real, fresh_symbol, learning_rate_of, point_of, smooth_expression, symbol_tuple
from symbolic.loss_draft import LossDraft
from symbolic.spaces import Spaces, critical_spaces, manifold_spaces
from symbolic.spectrum import Spectrum, find_spectrum
from symbolic.zero_set import Branch, ZeroSet, find_zero_set


@final
@dataclass(frozen=True)
class LossAnalysis:
    """The exact answers about a loss, in the user's symbols; what could not be shown is None, with `notes` saying why.

    `gradient` (D x 1), `hessian` (D x D) everywhere; `hessian_at_point`, `tangent_space` (D x (D - m)), `normal_space`
    (D x m), `normal_hessian` (m x m, H N = N A), `update_jacobian` (D x D, I - eta H) at `point`; `sharpness` the
    largest eigenvalue of A and `threshold` = 2/sharpness. `boundary`: at an isolated minimum with eta = threshold
    exactly, what the higher-order terms say. `kind` is "minimum", "manifold of minima", "no minimum" or
    "undecided".
    """

    loss: sympy.Expr
    parameters: tuple[sympy.Symbol, ...]
    learning_rate: sympy.Expr
    gradient: sympy.ImmutableMatrix
    hessian: sympy.ImmutableMatrix
    update_map: sympy.ImmutableMatrix
    zero_set: ZeroSet
    point: Branch | None
    hessian_at_point: sympy.ImmutableMatrix | None
    update_jacobian: sympy.ImmutableMatrix | None
    tangent_space: sympy.ImmutableMatrix | None
    normal_space: sympy.ImmutableMatrix | None
    normal_hessian: sympy.ImmutableMatrix | None
    sharpness: sympy.Expr | None
    threshold: sympy.Expr | None
    kind: str
    condition: Boolean | None
    boundary: BoundaryStability | None
    notes: tuple[str, ...]
    derivation: Derivation

    def stable_condition(self, learning_rate: Any = None) -> Boolean | None:
        """When all multipliers normal to the minima have modulus < 1: a condition on parameters and learning rate.

        None when it was not derived. `learning_rate` replaces the one of the analysis: a number or a positive symbol.
        """
        if self.condition is None or learning_rate is None:
            return self.condition
        if not isinstance(self.learning_rate, sympy.Symbol):
            raise InputError(
                "this analysis was made for one number as learning rate; leave it out to get a formula in eta"
            )
        return self.condition.xreplace({self.learning_rate: learning_rate_of(learning_rate)})


def derive(loss: Any, parameters: Any, learning_rate: Any = None, point: Any = None, constants: Any = ()) -> Derivation:
    """The derivation of the stability of a minimum of `loss` under gradient descent; see `analyse_loss`."""
    return analyse_loss(loss, parameters, learning_rate, point, constants).derivation


def analyse_loss(
    loss: Any, parameters: Any, learning_rate: Any = None, point: Any = None, constants: Any = ()
) -> LossAnalysis:
    """Gradient, Hessian, zero set, normal-space Hessian and exact stability threshold of a SymPy loss.

    `parameters`: the trained symbols; `constants`: all others that occur (give them assumptions such as positive=True).
    `learning_rate`: None for the symbol eta, or an exact positive number. `point`: where to analyse, as exact numbers
    or {parameter: value}; None takes the first branch of the zero set, with its free parameters left as symbols.
    Proved: every statement is a step of `.derivation` that `verify()` decides anew. Raises `InputError` on text, floats
    that are not finite, unknown symbols, losses without a smooth real gradient, and points that are no critical points.
    """
    names = symbol_tuple(parameters, "parameters")
    fixed = symbol_tuple(constants, "constants", 0)
    rate = learning_rate_of(learning_rate)
    if isinstance(rate, sympy.Symbol) and rate.name not in {s.name for s in fixed}:
        _refuse_shadow(rate, names)
    loss = smooth_expression(loss, names, fixed, "the loss")
    place = None if point is None else point_of(point, names, fixed)
    real = as_real([*names, *fixed])
    if isinstance(rate, sympy.Symbol):
        real |= {symbol: rate for symbol in fixed if symbol.name == rate.name}
    inner = None if place is None else {real[key]: value.xreplace(real) for key, value in place.items()}
    draft = LossDraft.begin(loss.xreplace(real), tuple(real[name] for name in names), rate)
    return _finish(draft, inner, {new: old for old, new in real.items() if new != rate})


def _refuse_shadow(rate: sympy.Symbol, names: Iterable[sympy.Symbol]) -> None:
    if rate.name in {name.name for name in names}:
        raise InputError(f"{rate.name} is both a parameter and the learning rate; pass learning_rate=Symbol('h')")


def _finish(draft: LossDraft, point: Branch | None, back: dict[sympy.Symbol, sympy.Symbol]) -> LossAnalysis:
    zero_set, steps = find_zero_set(draft.loss, draft.gradient, draft.parameters, draft.name, search=point is None)
    draft = draft.add(*steps)
    if point is None and zero_set.branches:
        point = zero_set.branches[0]
    if point is None:
        draft = draft.note("No explicit point of the zero set was found; pass point=... to continue.").add(
            _implicit_step(zero_set, draft)
        )
        return _result(draft, zero_set, None, None, None, None, back)
    point = _with_nonzero_coordinates(point, draft.parameters)
    draft, hessian = _at_point(draft, point)
    draft, spaces = _spaces(draft, zero_set, point, hessian)
    draft, spectrum = (draft, None) if spaces is None else _spectrum(draft, spaces, hessian)
    draft, boundary = _boundary(draft, point, spectrum)
    return _result(draft, zero_set, point, hessian, spaces, spectrum, back, boundary)


def _implicit_step(zero_set: ZeroSet, draft: LossDraft) -> Step:
    equations = [sympy.Eq(item, 0, evaluate=False) for item in zero_set.equations]
    members = sympy.ConditionSet(
        draft.parameters if len(draft.parameters) > 1 else draft.parameters[0],
        sympy.And(*equations, evaluate=False),
        sympy.S.Reals ** len(draft.parameters),
    )
    return Step(
        "SymPy finds no closed form for the solutions; the set is kept in its implicit form.",
        reason="Nothing is claimed about its points.",
        check=Definition(fresh_symbol("M", draft.loss, draft.parameters, draft.rate), members),
    )


def _with_nonzero_coordinates(point: Branch, parameters: tuple[sympy.Symbol, ...]) -> Branch:
    """The whole point, with free coordinates that occur in a denominator declared non-zero."""
    full = {symbol: point.get(symbol, symbol) for symbol in parameters}
    nonzero = {
        symbol: sympy.Symbol(symbol.name, real=True, nonzero=True)
        for value in full.values()
        for factor in sympy.Mul.make_args(sympy.fraction(sympy.together(value))[1])
        for symbol in factor.as_base_exp()[:1]
        if symbol in parameters and symbol.is_nonzero is not True
    }
    return {symbol: value.xreplace(nonzero) for symbol, value in full.items()}


def _at_point(draft: LossDraft, point: Branch) -> tuple[LossDraft, sympy.ImmutableMatrix]:
    values = [sympy.cancel(entry.subs(point, simultaneous=True)) for entry in draft.gradient]
    answers = [is_zero(value) for value in values]
    where = ", ".join(f"{symbol} = {value}" for symbol, value in point.items())
    if False in answers:
        raise InputError(f"the gradient at ({where}) is {values}, not zero: pass a critical point of the loss")
    hessian = draft.hessian.subs(point, simultaneous=True).applyfunc(sympy.factor).as_immutable()
    if hessian.has(sympy.zoo, sympy.nan, sympy.oo):
        raise InputError(f"the Hessian is not finite at ({where}): pass a point where the loss is smooth")
    if None in answers:
        draft = draft.note(f"Whether the gradient vanishes at ({where}) was not decided.")
    root = Step(
        f"The point ({where}) is critical: the gradient vanishes there, so gradient descent does not move it.",
        reason="Substitution.",
        check=IsRoot(tuple(draft.gradient), tuple(point.items())),
    )
    rate, size = draft.rate, len(draft.parameters)
    update = (sympy.eye(size) - rate * draft.hessian).as_immutable()
    jacobian = Step(
        "One step of gradient descent maps the parameters by the column below; its Jacobian is I - eta H.",
        reason="Differentiation.",
        check=JacobianIs(draft.update, draft.parameters, update),
    )
    return draft.add(root, jacobian), hessian


def _spaces(
    draft: LossDraft, zero_set: ZeroSet, point: Branch, hessian: sympy.ImmutableMatrix
) -> tuple[LossDraft, Spaces | None]:
    found = None
    residuals = [sympy.cancel(item.subs(point, simultaneous=True)) for item in zero_set.equations]
    if zero_set.of_the_loss and all(is_zero(value) for value in residuals):
        rows = sympy.Matrix(list(zero_set.equations)).jacobian(list(draft.parameters))
        found = manifold_spaces(rows.subs(point, simultaneous=True), hessian, zero_set.weights)
    if found is None:
        found = critical_spaces(hessian, _directions(point))
    if found is None:
        text = (
            "The kernel of the Hessian is not shown to be the tangent space: the point is degenerate, or the rank "
            "depends on the parameters; the linearisation does not settle its stability."
        )
        return draft.note(text), None
    return draft.add(*found[1]), found[0]


def _directions(point: Branch) -> sympy.Matrix | None:
    free = sorted(set(point) & {s for value in point.values() for s in value.free_symbols}, key=str)
    names = {symbol.name for symbol in point}
    free = free or sorted(
        {s for value in point.values() for s in value.free_symbols if s.name in names}, key=lambda s: s.name
    )
    return sympy.Matrix(list(point.values())).jacobian(free) if free else None


def _spectrum(draft: LossDraft, spaces: Spaces, hessian: sympy.ImmutableMatrix) -> tuple[LossDraft, Spectrum]:
    spectrum = find_spectrum(spaces, hessian, draft.rate)
    for text in spectrum.notes:
        draft = draft.note(text)
    return draft.add(*spectrum.steps), spectrum


def _boundary(draft: LossDraft, point: Branch, spectrum: Spectrum | None) -> tuple[LossDraft, BoundaryStability | None]:
    """The higher-order test where a multiplier is exactly -1 at an isolated minimum."""
    if spectrum is None or spectrum.sharpness is None or is_zero(draft.rate * spectrum.sharpness - 2) is not True:
        return draft, None
    if spectrum.kind != "minimum":
        return draft.note("A multiplier normal to the manifold is exactly -1; no general test applies there."), None
    constants = tuple(draft.update.free_symbols - set(draft.parameters))
    try:
        found = flip_test(tuple(draft.update), draft.parameters, tuple(point.values()), constants)
        if found.coefficient == 0 and len(draft.parameters) == 1:
            found = cubic_term_test(draft.update[0], draft.parameters, point[draft.parameters[0]], constants)
    except InputError as error:
        return draft.note(f"The higher-order test at the multiplier -1 does not apply: {error}."), None
    return draft.add(*found.derivation.steps), found


def _result(
    draft: LossDraft,
    zero_set: ZeroSet,
    point: Branch | None,
    hessian: sympy.ImmutableMatrix | None,
    spaces: Spaces | None,
    spectrum: Spectrum | None,
    back: dict[sympy.Symbol, sympy.Symbol],
    boundary: BoundaryStability | None = None,
) -> LossAnalysis:
    symbols = {old.name: old for old in back.values()}

    def restore(value: Any) -> Any:
        if value is None:
            return None
        return value.xreplace({s: symbols[s.name] for s in value.free_symbols if s.name in symbols})

    def restore_branch(branch: Branch | None) -> Branch | None:
        return None if branch is None else {restore(key): restore(value) for key, value in branch.items()}

    sharpness = None if spectrum is None else spectrum.sharpness
    rate = draft.rate
    return LossAnalysis(
        loss=restore(draft.loss),
        parameters=tuple(restore(symbol) for symbol in draft.parameters),
        learning_rate=rate,
        gradient=restore(draft.gradient),
        hessian=restore(draft.hessian),
        update_map=restore(draft.update),
        zero_set=replace(
            zero_set,
            equations=tuple(map(restore, zero_set.equations)),
            weights=tuple(map(restore, zero_set.weights)),
            branches=tuple(b for branch in zero_set.branches if (b := restore_branch(branch)) is not None),
        ),
        point=restore_branch(point),
        hessian_at_point=restore(hessian),
        update_jacobian=None if hessian is None else restore((sympy.eye(hessian.rows) - rate * hessian).as_immutable()),
        tangent_space=None if spaces is None else restore(spaces.tangent),
        normal_space=None if spaces is None else restore(spaces.normal),
        normal_hessian=None if spaces is None else restore(spaces.normal_hessian),
        sharpness=restore(sharpness),
        threshold=None if sharpness is None else restore(sympy.factor(2 / sharpness)),
        kind="undecided" if spectrum is None else spectrum.kind,
        condition=None if spectrum is None else restore(spectrum.condition),
        boundary=None
        if boundary is None
        else replace(boundary, coefficient=restore(boundary.coefficient), condition=restore(boundary.condition)),
        notes=draft.notes,
        derivation=Derivation("Stability of the minima under gradient descent", _symbol_meanings(draft), draft.steps),
    )


def _symbol_meanings(draft: LossDraft) -> tuple[tuple[sympy.Basic, str], ...]:
    meanings = [(draft.name, "loss"), *((symbol, "parameter") for symbol in draft.parameters)]
    if isinstance(draft.rate, sympy.Symbol):
        meanings.append((draft.rate, "learning rate"))
    others = draft.loss.free_symbols - set(draft.parameters) - {draft.rate}
    return (*meanings, *((symbol, "constant") for symbol in sorted(others, key=str)))
