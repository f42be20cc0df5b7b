"""The handover from a server to its next version, which may be another release."""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Iterator

import pytest

from app.serving.handover import HANDOVER, UnknownHandoverError, check_handover, predecessor


@pytest.fixture
def listening() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as open_socket:
        yield open_socket


@pytest.mark.parametrize("member", ["line", "pipe"])
def test_predecessor_reads_the_handover_of_each_release(
    member: str, listening: socket.socket, monkeypatch: pytest.MonkeyPatch
) -> None:
    read_end, write_end = os.pipe()
    given = {"socket": os.dup(listening.fileno()), member: write_end, "workers": [4711]}
    monkeypatch.setenv(HANDOVER, json.dumps(given))
    before = predecessor()
    assert before is not None
    assert before.listening.getsockname() == listening.getsockname()
    assert before.workers == [4711]
    before.end_workers()
    assert os.read(read_end, 1) == b"", "the pipe is closed"
    os.close(read_end)
    assert predecessor() is None


@pytest.mark.parametrize(
    "given", ["", "[]", "{}", '{"socket": 3, "workers": []}', '{"socket": 3, "pipe": null}']
)
def test_handover_in_an_unknown_form_is_refused(
    given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(HANDOVER, given)
    with pytest.raises(UnknownHandoverError):
        check_handover()
    monkeypatch.setenv(HANDOVER, given)
    with pytest.raises(UnknownHandoverError):
        predecessor()
