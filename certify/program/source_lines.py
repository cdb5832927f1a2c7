"""Where an equation was made: in the user's code, and in JAX's."""

import os
from collections.abc import Iterator
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


def frames_of_jax(equation: Any) -> Iterator[tuple[str, str]]:
    """(module, function) of JAX's frames from the equation outwards, up to the first frame outside of JAX.

    The module is a path such as "nn/functions.py"; of a nested function, the outermost name.
    """
    import jax._src

    own = os.path.join(os.path.dirname(jax._src.__file__), "")
    traceback = equation.source_info.traceback
    for frame in traceback.frames if traceback is not None else ():
        if not frame.file_name.startswith(own):
            return
        yield frame.file_name.removeprefix(own).replace("\\", "/"), frame.function_name.split(".")[0]


_OWN_FOLDERS = (os.path.dirname(__file__), os.path.dirname(os.path.dirname(__file__)))
