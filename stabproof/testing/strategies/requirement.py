"""Hypothesis is an optional dependency: its absence is one clear error."""

try:
    import hypothesis  # noqa: F401
except ModuleNotFoundError as error:
    raise ImportError("stabproof.testing.strategies needs Hypothesis: run `pip install stabproof[testing]`") from error
