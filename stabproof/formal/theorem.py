"""The last theorem of an exported file: the exact point exists, and this is what the linearisation does there."""

from stabproof.formal.vernacular import arguments, number
from stabproof.formal.zero import Zero


def together(zero: Zero, conclusion: str, proof: str = "") -> str:
    """`certified`: a solution in the box around the certificate's point, at which `conclusion` holds."""
    n, d = zero.count, len(zero.base)
    xs, zs = arguments("x", d), arguments("z", n)
    solves = " /\\ ".join(f"h{i} {xs} = 0" for i in range(n))
    reach = [zero.radius * sum(map(abs, row)) for row in zero.spread]
    sides = zip(zero.base, reach, strict=True)
    box = " /\\ ".join(f"{number(b - r)} <= x{j} <= {number(b + r)}" for j, (b, r) in enumerate(sides))
    points = ", ".join(f"(at{j} {zs})" for j in range(d))
    unfold = ", ".join(f"at{j}" for j in range(d))
    inside = " & ".join([*(f"z{i}" for i in range(n)), "B", "Z"])
    last = proof or f"apply spectrum; unfold {unfold}, radius in *; lra"
    return f"""(* all together *)
Theorem certified : exists {xs}, ({box}) /\\ ({solves}) /\\ ({conclusion}).
Proof.
  destruct zero_exists as ({inside}).
  unfold {", ".join(f"F{i}" for i in range(n))} in Z. exists {points}.
  split; [unfold {unfold}, radius in *; lra|]. split; [exact Z|]. {last}.
Qed."""
