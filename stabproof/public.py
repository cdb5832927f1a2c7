"""The public names and where they live; each is imported when it is first used.

`import stabproof` is cheap, and checking a certificate never imports jax.
"""

from typing import Any

from foundation.packages import load

_HOMES = {
    "stabproof.minimum": ("certify_minimum",),
    "stabproof.enumeration": ("AllEquilibria", "all_equilibria"),
    "stabproof.equilibrium": ("certify_equilibrium",),
    "stabproof.formal": ("export_coq",),
    "stabproof.horseshoe": ("certify_horseshoe",),
    "stabproof.exponent": ("confidence_bound", "lyapunov_exponent"),
    "stabproof.time_map": ("TimeMap", "flow"),
    "stabproof.periodic": ("certify_periodic_point",),
    "stabproof.periodic_orbit": ("certify_periodic_orbit",),
    "stabproof.inequality": ("certify_inequality",),
    "stabproof.lyapunov_function": ("certify_lyapunov_function",),
    "stabproof.branch": ("certify_branch",),
    "stabproof.sharpness": ("certify_sharpness",),
    "stabproof.values": ("certify_values",),
    "stabproof.contraction": ("certify_contraction",),
    "stabproof.morse": ("MorseClass", "morse_class"),
    "stabproof.plots": ("plot",),
    "stabproof.rates": ("certified_range",),
    "stabproof.comparison": ("CrossCheck", "crosscheck"),
    "stabproof.doors.equinox": ("from_equinox",),
    "stabproof.doors.flax": ("from_flax",),
    "stabproof.doors.haiku": ("from_haiku",),
    "stabproof.doors.nnx": ("from_nnx",),
    "stabproof.doors.onnx": ("from_onnx",),
    "stabproof.doors.safetensors": ("load_safetensors",),
    "stabproof.doors.torch_export": ("from_torch",),
    "stabproof.equilibrium_types": ("equilibrium_type",),
    "stabproof.readers.sbml": ("from_sbml",),
    "stabproof.readers.system": ("ReadSystem",),
    "stabproof.readers.xpp": ("from_xpp",),
    "stabproof.reports": ("document", "report"),
    "stabproof.sweeps": ("Sweep", "sweep"),
    "certify": ("Enclosure", "Verdict"),
    "certify.arithmetic": ("Ball",),
    "certify.certificate": (
        "Certificate",
        "Claim",
        "EquilibriumCertificate",
        "ExponentCertificate",
        "Hypothesis",
        "MinimumCertificate",
        "RatesCertificate",
        "Status",
        "check",
    ),
    "certify.enclose": ("enclose",),
    "certify.linear_algebra": (
        "algebraic_connectivity",
        "determinant",
        "eigenvalues",
        "extreme_eigenvalues",
        "extreme_pencil_eigenvalues",
        "inverse",
        "is_hurwitz_stable",
        "is_nonsingular",
        "is_positive_definite",
        "is_schur_stable",
        "log_determinant",
        "matrix_exponential",
        "null_space",
        "orthonormal_normal_basis",
        "pencil_eigenvalues",
        "rank",
        "singular_values",
        "solve",
        "sparse_extreme_eigenvalues",
        "spectral_norm",
        "spectral_radius",
        "symmetric_eigenvalues",
    ),
    "certify.hopfield": ("Hopfield",),
    "certify.kuramoto": ("Kuramoto",),
    "cases": ("case_names",),
    "foundation": ("CertificateError", "InputError"),
    "numeric.loss": ("Loss",),
    "numeric": ("SGD", "Adam", "GradientDescent", "HeavyBall", "Nesterov", "Regression"),
    "symbolic": ("Derivation", "derive"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}

__all__ = sorted(_HOME_OF)


def __getattr__(name: str) -> Any:
    if name == "__version__":
        return load("stabproof.version").version()
    if name not in _HOME_OF:
        raise AttributeError(f"module 'stabproof' has no attribute {name!r}")
    return getattr(load(_HOME_OF[name]), name)


def __dir__() -> list[str]:
    return list(__all__)
