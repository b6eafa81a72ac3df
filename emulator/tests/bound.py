"""A bound of processor time that holds on a busy machine, too."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from time import thread_time

# Each bounded call takes at most 0.6 s on an idle core. A call whose time grows with the
# square of its input takes far longer than a second.
MAX_SECONDS = 1.0


@contextmanager
def bounded(seconds: float = MAX_SECONDS) -> Iterator[None]:
    """Assert that a block takes less than some seconds of processor time of its thread."""
    gc.disable()  # the collector would look at the objects of all tests before
    began = thread_time()
    try:
        yield
        assert thread_time() - began < seconds
    finally:
        gc.enable()
