"""How a subdivision reports what it does."""

from collections.abc import Callable

from foundation.progress import Progress, ProgressOption, silent

__all__ = ["Progress", "counting", "silent"]


def counting(progress: ProgressOption, what: str) -> Callable[[int, int, int], None] | None:
    """Tells a subdivision's (boxes tested, boxes waiting, zeros found) as a sentence and a fraction."""
    if not callable(progress):
        return None

    def report(tested: int, waiting: int, zeros: int) -> None:
        progress(f"{zeros} {what}, {waiting} boxes waiting", tested / (tested + waiting + 1))

    return report


def dividing(progress: Progress | None) -> Callable[[int, int], None] | None:
    """Tells a branch and bound's (boxes tested, boxes waiting) as a sentence and a fraction."""
    if progress is None:
        return None

    def report(tested: int, waiting: int) -> None:
        progress(f"{waiting} boxes waiting", tested / (tested + waiting + 1))

    return report
