"""The clock of all budgets in seconds."""

import time


def computing_time() -> float:
    """Seconds that this thread has computed: a busy machine does not hurry them."""
    return time.thread_time()
