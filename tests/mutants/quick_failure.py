"""A pytest plugin for mutation runs: Hypothesis reports the first failure that it finds, without shrinking it."""

from hypothesis import Phase, settings

settings.register_profile("quick-failure", phases=(Phase.explicit, Phase.generate), print_blob=False)
settings.load_profile("quick-failure")
