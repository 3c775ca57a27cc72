"""Ports for servers: free, each given once, and none that a connection could take meanwhile."""

import socket

from tests import ports


def test_each_port_is_another_one_that_can_be_listened_on() -> None:
    given = [ports.free_port() for _ in range(50)]
    assert len(set(given)) == len(given)
    for port in given:
        with socket.create_server(("127.0.0.1", port)):
            pass


def test_a_port_that_somebody_listens_on_is_not_free() -> None:
    with socket.create_server(("127.0.0.1", ports.free_port())) as taken:
        assert not ports._is_free(taken.getsockname()[1])
