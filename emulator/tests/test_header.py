"""Headers of a user's own: those that no server may take from an application."""

from wsgiref.util import is_hop_by_hop

import pytest

from emulator.header import find_problem

HOP_BY_HOP = (
    *("Connection", "Keep-Alive", "Proxy-Authenticate", "Proxy-Authorization"),
    *("TE", "Trailers", "Transfer-Encoding", "Upgrade"),
)


@pytest.mark.parametrize("name", HOP_BY_HOP)
def test_a_header_of_the_connection_is_refused(name: str) -> None:
    assert is_hop_by_hop(name)  # PEP 3333: waitress answers an application that sends it with 500
    assert find_problem(name, "x") == "is set by the server itself"
