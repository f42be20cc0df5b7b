"""The socket on which the server listens, at a start and at a reload."""

from __future__ import annotations

import socket
from collections.abc import Iterator

import pytest

from app.serving.handover import Predecessor, listening_socket
from app.serving.listening import listen, stop_accepting
from approvals.settings import Settings
from tests.conftest import settings
from tests.servers import ports


def at_port(port: int) -> Settings:
    return settings("sqlite://", port=port)


@pytest.fixture
def before() -> Iterator[Predecessor]:
    with listen(at_port(ports.free_port())) as listening:
        yield Predecessor(listening, -1, [])


def test_reload_at_the_same_address_accepts_from_the_same_queue(before: Predecessor) -> None:
    port = before.listening.getsockname()[1]
    with listening_socket(at_port(port), before) as listening:
        before.end_workers()
        assert listening.getsockname()[1] == port
        assert listening.getblocking() is False
        socket.create_connection(("127.0.0.1", port)).close()


def test_reload_listens_at_its_new_port(before: Predecessor) -> None:
    port = ports.free_port()
    with listening_socket(at_port(port), before) as listening:
        assert listening.getsockname()[1] == port


def test_reload_whose_new_port_is_taken_goes_on_at_the_earlier_one(
    before: Predecessor,
) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        listening_socket(at_port(taken.getsockname()[1]), before) as listening,
    ):
        assert listening.getsockname() == before.listening.getsockname()


def test_start_at_a_port_that_is_taken_is_an_error() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(OSError, match="in use"),
    ):
        listening_socket(at_port(taken.getsockname()[1]), None)


def test_stop_accepting_leaves_connections_to_other_descriptors_of_the_queue(
    before: Predecessor,
) -> None:
    port = before.listening.getsockname()[1]
    with socket.create_connection(("127.0.0.1", port)):
        stop_accepting(before.listening)
        with pytest.raises(BlockingIOError):
            before.listening.accept()
