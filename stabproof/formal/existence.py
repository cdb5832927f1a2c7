"""The Coq text that proves an exact zero of polynomials in a cube, and that there is no other one, by a contraction."""

from stabproof.formal.vernacular import arguments, number, polynomial, sides
from stabproof.formal.zero import PRECISION, Zero


def existence(zero: Zero) -> str:
    """Definitions and theorems `zero_exists` and `zero_unique`, with all that they need."""
    return "\n".join([*_definitions(zero), *_rows(zero), _contracts(zero), _exists(zero), _unique(zero)])


def _definitions(zero: Zero) -> list[str]:
    n, d = zero.count, len(zero.base)
    xs, zs = arguments("x", d), arguments("z", n)
    names = [f"x{j}" for j in range(d)]
    lines = ["(* the equations, and the point as a function of the unknowns z *)"]
    lines += [f"Definition h{i} ({xs} : R) : R := {polynomial(h, names)}." for i, h in enumerate(zero.equations)]
    for j, (base, row) in enumerate(zip(zero.base, zero.spread, strict=True)):
        moved = "".join(f" + {number(g)} * z{k}" if g != 1 else f" + z{k}" for k, g in enumerate(row) if g)
        lines.append(f"Definition at{j} ({zs} : R) : R := {number(base)}{moved}.")
    inner = " ".join(f"(at{j} {zs})" for j in range(d))
    lines += [f"Definition F{i} ({zs} : R) : R := h{i} {inner}." for i in range(n)]
    lines.append("(* one step of Newton's method with a fixed matrix *)")
    for i, row in enumerate(zero.inverse):
        correction = " + ".join(f"{number(a)} * F{k} {zs}" for k, a in enumerate(row))
        lines.append(f"Definition T{i} ({zs} : R) : R := z{i} - ({correction}).")
    lines.append(f"Definition radius : R := {number(zero.radius)}.")
    lines.append(f"Definition factor : R := {number(zero.factor_on(zero.radius))}.")
    return lines


def _unfolded(zero: Zero) -> str:
    """The definitions, each before those that it uses."""
    names = [f"{letter}{i}" for letter in "TFh" for i in range(zero.count)]
    return ", ".join(names + [f"at{j}" for j in range(len(zero.base))])


def _rows(zero: Zero) -> list[str]:
    n = zero.count
    us, vs = arguments("u", n), arguments("v", n)
    names = [f"u{i}" for i in range(n)] + [f"v{i}" for i in range(n)]
    unfold = f"unfold {_unfolded(zero)}"
    lines = ["(* how far apart two points are after a step: the difference quotients are polynomials *)"]
    for i, (row, limits) in enumerate(zip(zero.quotients, zero.entries_on(zero.radius), strict=True)):
        near = " ".join(f"Rabs (u{j} - v{j}) <= m ->" for j in range(n))
        lines += [
            f"Definition E{i}_{j} ({us} {vs} : R) : R := {polynomial(entry, names)}." for j, entry in enumerate(row)
        ]
        lines.append(
            f"Lemma row{i} : forall {us} {vs} m, 0 <= m -> {sides('u', n, 'radius')} {sides('v', n, 'radius')} "
            f"{near} Rabs (T{i} {us} - T{i} {vs}) <= factor * m."
        )
        lines.append("Proof.\n  intros. unfold radius in *.")
        for j, limit in enumerate(limits):
            lines.append(
                f"  assert (B{j} : Rabs (E{i}_{j} {us} {vs}) <= {number(limit)}) "
                f"by (unfold E{i}_{j}; interval with (i_prec {PRECISION}))."
            )
        total, names_ = "0", ", ".join(f"E{i}_{j}" for j in range(n))
        for j in reversed(range(n)):
            total = f"(E{i}_{j} {us} {vs} * (u{j} - v{j}) + {total})"
        lines.append(f"  replace (T{i} {us} - T{i} {vs}) with {total} by ({unfold}, {names_}; field).")
        bound = "0"
        for limit in reversed(limits):
            bound = f"({number(limit)} + {bound})"
        lines.append(f"  apply Rle_trans with ({bound} * m).")
        lines.append("  - " + _chain(n))
        lines.append("  - apply Rmult_le_compat_r; [assumption|unfold factor; lra].\nQed.")
    return lines


def _chain(n: int) -> str:
    steps = "".join(f"apply one_more_term; [assumption|exact B{j}|assumption|" for j in range(n))
    return f"{steps}apply no_term{']' * n}."


def _contracts(zero: Zero) -> str:
    n = zero.count
    components = " ".join(f"| {i}%nat => T{i} " + " ".join(f"(z {j}%nat)" for j in range(n)) for i in range(n))
    cases = "i as " + "[|" * n + "i" + "]" * n
    inside = "".join(
        f"\n  pose proof (within_cube _ _ (Hu {j}%nat ltac:(lia))) as U{j}."
        f" pose proof (within_cube _ _ (Hv {j}%nat ltac:(lia))) as V{j}. pose proof (Hc {j}%nat ltac:(lia)) as C{j}."
        for j in range(n)
    )
    goals = " | ".join(f"apply row{i}; assumption" for i in range(n))
    starts = " | ".join(
        f"unfold step, origin, {_unfolded(zero)}, factor, radius; interval with (i_prec {PRECISION})" for _ in range(n)
    )
    return f"""Definition origin : vector := fun _ => 0.
Definition step (z : vector) : vector := fun i => match i with {components} | _ => 0 end.
Lemma step_contracts : forall u v m, 0 <= m ->
  within_distance {n} u origin radius -> within_distance {n} v origin radius ->
  within_distance {n} u v m -> within_distance {n} (step u) (step v) (factor * m).
Proof.
  intros u v m Hm Hu Hv Hc i Hi.{inside}
  destruct {cases}; [ {goals} | lia ].
Qed.
Lemma step_starts : within_distance {n} (step origin) origin ((1 - factor) * radius).
Proof.
  intros i Hi. destruct {cases}; [ {starts} | lia ].
Qed.
Lemma radius_nonnegative : 0 <= radius. Proof. unfold radius; lra. Qed.
Lemma factor_small : 0 <= factor < 1. Proof. unfold factor; lra. Qed."""


def _exists(zero: Zero) -> str:
    n = zero.count
    zs = arguments("z", n)
    inside = " /\\ ".join(f"- radius <= z{i} <= radius" for i in range(n))
    zeros = " /\\ ".join(f"F{i} {zs} = 0" for i in range(n))
    witnesses = ", ".join(f"(z {i}%nat)" for i in range(n))
    facts = "".join(
        f"\n  pose proof (within_cube _ _ (I {i}%nat ltac:(lia))) as I{i}."
        f" pose proof (E {i}%nat ltac:(lia)) as E{i}. cbv beta iota delta [step] in E{i}. unfold T{i} in E{i}."
        for i in range(n)
    )
    return f"""(* Theorem: the equations have an exact solution in the cube ... *)
Theorem zero_exists : exists {zs}, ({inside}) /\\ ({zeros}).
Proof.
  destruct (fixed_point {n} step origin radius factor radius_nonnegative factor_small step_starts step_contracts)
    as [z [I E]].{facts}
  exists {witnesses}. repeat split; lra.
Qed."""


def _unique(zero: Zero) -> str:
    n = zero.count
    ys, zs = arguments("y", n), arguments("z", n)
    cases = "i as " + "[|" * n + "i" + "]" * n
    fixed = " | ".join(f"cbv beta iota delta [step]; unfold T{i}; lra" for i in range(n))
    inside = " | ".join("unfold origin; apply cube_within; assumption" for _ in range(n))
    results = " /\\ ".join(f"y{i} = z{i}" for i in range(n))
    split = " | ".join(f"exact (U {i}%nat ltac:(lia))" for i in range(n))
    lies = f"ltac:(intros i Hi; destruct {cases}; [ {inside} | lia ])"
    stays = f"ltac:(intros i Hi; destruct {cases}; [ {fixed} | lia ])"
    return f"""(* ... and no other one there *)
Theorem zero_unique : forall {ys} {zs}, {sides("y", n, "radius")} {sides("z", n, "radius")}
  {_solves("y", n)} {_solves("z", n)} {results}.
Proof.
  intros.
  pose proof (fixed_point_unique {n} step origin radius factor radius_nonnegative factor_small step_contracts
    ({_vector("y", n)}) ({_vector("z", n)})
    {lies} {lies}
    {stays} {stays}) as U.
  repeat split; [ {split} ].
Qed."""


def _vector(letter: str, count: int) -> str:
    return "fun i => match i with " + " ".join(f"| {i}%nat => {letter}{i}" for i in range(count)) + " | _ => 0 end"


def _solves(letter: str, count: int) -> str:
    return " ".join(f"F{i} {arguments(letter, count)} = 0 ->" for i in range(count))
