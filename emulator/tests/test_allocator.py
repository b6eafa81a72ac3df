"""The allocator that a server runs with."""

import platform

from emulator import allocator


def test_all_threads_share_one_arena_where_there_is_a_choice() -> None:
    assert allocator.use_one_arena() == (platform.libc_ver()[0] == "glibc")
