"""The names of `numeric`, whose modules are imported when a name is first used."""

from foundation.lazy_names import lazy_names

_HOMES = {
    **dict.fromkeys(("Sharpness", "gradient", "hessian", "hessian_vector_product", "sharpness"), "curvature"),
    **dict.fromkeys(
        (
            "Convergence",
            "ExponentMap",
            "LyapunovEstimate",
            "MomentEstimate",
            "even_moment_exponent",
            "exponent_map",
            "lyapunov_exponents",
            "mean_square_critical_rate",
            "moment_exponent",
            "second_moment_exponent",
            "sgd_exponents",
        ),
        "lyapunov",
    ),
    **dict.fromkeys(("initial_layers", "perceptron"), "models"),
    **dict.fromkeys(("gram", "jacobian"), "ntk"),
    **dict.fromkeys(
        ("SGD", "Adam", "GradientDescent", "HeavyBall", "Nesterov", "Optimizer", "update_map"), "optimizers"
    ),
    **dict.fromkeys(("Orbit", "TrainingOrbit", "orbit", "training_orbit"), "orbits"),
    **dict.fromkeys(("double_precision",), "precision"),
    **dict.fromkeys(("Regression",), "problem"),
    **dict.fromkeys(("Checkpoint", "Track", "track"), "tracking"),
    **dict.fromkeys(("Training", "polish", "train"), "training"),
}

__getattr__ = lazy_names(str(__package__), _HOMES)
