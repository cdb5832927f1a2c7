"""A certificate as one Coq file, whose compilation proves the stated theorem."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import final

from certify.certificate import Certificate, check
from foundation import InputError, write_atomically
from stabproof.formal.equilibria import equilibrium_text
from stabproof.formal.families import family_text
from stabproof.formal.minima import minimum_text, strict_minimum_text


@final
@dataclass(frozen=True)
class _Export:
    """theories: files of `theory`. text: definitions and theorems. formal, informal: what a compiler of the file
    checks, and what it does not."""

    theories: tuple[str, ...]
    text: Callable[[Certificate], str]
    formal: str
    informal: str


_ZERO = ("contraction", "spectra")
_READING = "that the polynomials are the program of the certificate (they were read from it by exact arithmetic)"
_EXPORTS = {
    "equilibrium": _Export(
        _ZERO,
        equilibrium_text,
        "the polynomial equations have an exact solution in a cube around the certificate's point, and no other one\n"
        "   there; d i_j are the partial derivatives; every eigenvalue of the linearisation (every root of its\n"
        "   characteristic polynomial) is where the verdict needs it: on all of the cube",
        f"{_READING};\n   that the eigenvalues decide the stability of the equilibrium (Lyapunov, Hartman and Grobman)",
    ),
    "minimum": _Export(
        _ZERO,
        minimum_text,
        "all residuals vanish at an exact point in a box around the parameters; the eigenvalues of I - (eta/N) J J^T,\n"
        "   of one step of gradient descent across the solutions, are where the verdict needs them: on all of the box",
        f"{_READING};\n   that these eigenvalues are those of the step on the normal space, and decide its stability",
    ),
    "strict-minimum": _Export(
        _ZERO,
        strict_minimum_text,
        "the gradient vanishes at an exact point in a cube around the parameters, and at no other one there; the\n"
        "   eigenvalues of the derivative of one step of gradient descent are where the verdict needs them",
        f"{_READING};\n   that these eigenvalues decide the stability of the minimum",
    ),
    "lyapunov-exponent": _Export(
        ("spectra", "families"),
        family_text,
        "every product of the blocks, in every order, changes the size of a vector by at most (at least) the product\n"
        "   of their factors; all factors together, each as often as its block occurs, are below (above) one",
        "that the blocks are all products of the certificate's matrices (a growing family is written in the basis of\n"
        "   its cone); that each block occurs with its frequency (the law of large numbers), so that the exponent has\n"
        "   that sign",
    ),
}

_IMPORTS = """From Coq Require Import Reals Lra Lia Psatz List.
Import ListNotations.
Open Scope R_scope."""
# after the theory: Coquelicot has other things of the same names
_TACTICS = """From Coquelicot Require Import Coquelicot.
From Interval Require Import Tactic."""


def coq_text(certificate: Certificate) -> str:
    """The whole file for a certificate that was checked; raises `InputError` where it is not exported."""
    export = _EXPORTS.get(certificate.kind)
    if export is None:
        raise InputError(f"a {certificate.kind} certificate is not exported to Coq; exported are {', '.join(_EXPORTS)}")
    theorem = export.text(certificate)
    parts = [_header(certificate, export), _IMPORTS, *(_theory(name) for name in export.theories)]
    parts += [_TACTICS] if "contraction" in export.theories else []
    return "\n\n".join([*parts, theorem, "Print Assumptions certified.", ""])


def _header(certificate: Certificate, export: _Export) -> str:
    return f"""(* {_plain(certificate.title)}
   Verdict of the certificate: {certificate.verdict.name}. Hash of its problem: {certificate.input_hash}

   Proved by compiling this file (coqc with the libraries Interval and Coquelicot): {export.formal}.

   Not formal: {export.informal}.

   Assumptions: the axioms of Coq's classical real numbers and, where bounds are computed, its primitive 63-bit
   integers; the last command prints them. *)"""


def _plain(text: str) -> str:
    """A title inside of a Coq comment: no end of a comment and no quotation mark can stand in it."""
    return text.replace("*)", "* )").replace("(*", "( *").replace('"', "'")


def _theory(name: str) -> str:
    lines = (resources.files("stabproof.formal") / "theory" / f"{name}.v").read_text(encoding="utf-8").splitlines()
    return "\n".join(line for line in lines if not line.startswith(("From Coq", "Open Scope", "Import List"))).strip()


def export_coq(certificate: str | Path, target: str | Path) -> Path:
    """Check the certificate in a file and write it as one Coq file, whose compilation proves its theorem.

    certificate: a file that stabproof wrote, of a kind and size that reduce to finitely many rational inequalities:
    equilibria of polynomial flows (up to four coordinates; stability up to three) and maps (two), interpolating minima
    of polynomial networks and strict minima of polynomial losses under gradient descent (up to two residuals or
    parameters), signs of exponents of exact 2 x 2 families. target: the file to write; returns its path.

    Raises `CertificateError` when the certificate does not hold, `InputError` with the reason where it is not exported.
    """
    path = Path(target)
    write_atomically(path, coq_text(check(certificate)))
    return path
