"""Where in the user's code an equation was made."""

import os
from typing import Any


def source_of(equation: Any) -> str:
    """`file.py:line` of the user's code that made the equation."""
    from jax._src import source_info_util

    try:
        frames = source_info_util.user_frames(equation.source_info.traceback)
        frame = next((f for f in frames if os.path.dirname(f.file_name) not in _OWN_FOLDERS), None)
    except (AttributeError, TypeError):
        return ""
    return f"{os.path.basename(frame.file_name)}:{frame.start_line}" if frame else ""


_OWN_FOLDERS = (os.path.dirname(__file__), os.path.dirname(os.path.dirname(__file__)))
