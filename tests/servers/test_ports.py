import socket

import pytest

from tests.servers import ports


def test_free_port_can_be_bound_and_then_is_open() -> None:
    port = ports.free_port()
    assert not ports.is_open(port)
    with socket.create_server((ports.HOST, port)):
        assert ports.is_open(port)


def test_wait_until_names_what_did_not_happen() -> None:
    with pytest.raises(TimeoutError, match="the kettle"):
        ports.wait_until(lambda: False, seconds=0.05, what="the kettle")
