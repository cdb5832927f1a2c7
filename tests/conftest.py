"""The same examples on every run: `make soundness` is where new ones are drawn."""

from hypothesis import settings

settings.register_profile("repeatable", derandomize=True)
if settings.get_current_profile_name() == "default":
    settings.load_profile("repeatable")
