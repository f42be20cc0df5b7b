import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench import endpoints, load
from bench.http import Answer, Call, Unexpected
from bench.load import Conversation, Target, measure
from bench.processes import GRANIAN, Failed, run, serving
from tests.servers import ports


@pytest.fixture(scope="module")
def server(processes: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Target]:
    port = ports.free_port()
    command = [str(GRANIAN), "--interface=wsgi", f"--port={port}", "bench.empty:application"]
    log = tmp_path_factory.mktemp("server") / "log"
    with serving(command, os.environ, port, log) as running:
        yield Target(port, f"localhost:{port}", running.pid)


def conversation(calls: int, seen: list[Answer]) -> Conversation:
    for _ in range(calls):
        answer = yield Call("/")
        seen.append(answer)


def test_measure_runs_conversations_to_their_end_and_counts_them_once(server: Target) -> None:
    seen: list[Answer] = []
    work = [conversation(calls, seen) for calls in (1, 3, 2)]
    taken = measure(server, work, seconds=10, connections=2)

    assert taken.units == 3
    assert [answer.json() for answer in seen] == [{"status": "empty"}] * 6


def test_measure_ends_endless_work_with_its_time(server: Target) -> None:
    taken = measure(server, endpoints.empty(), seconds=0.5, connections=4)

    assert taken.units > 50
    assert 0 < taken.server < taken.wall * 4
    assert taken.database == 0
    assert taken.wall < 5


def test_measure_connects_from_different_addresses() -> None:
    addresses = [load.address() for _ in range(70_000)]

    assert len(set(addresses)) == len(addresses)
    assert all(address.startswith("127.") for address in addresses)


def test_measure_stops_at_a_response_of_another_status() -> None:
    answer = Answer(401, {}, {}, b'{"error":"invalid_client"}')

    with pytest.raises(Unexpected, match="401 .*invalid_client"):
        answer.json()


def test_measure_posts_forms_encoded() -> None:
    sent = Call("/token", {"Accept": "*/*"}, {"scope": "a b"}).encoded("localhost:1").decode()

    assert sent.startswith("POST /token HTTP/1.1\r\nHost: localhost:1\r\nAccept: */*\r\n")
    assert sent.endswith("Content-Length: 9\r\n\r\nscope=a+b")


@pytest.mark.usefixtures("processes")
def test_command_that_fails_explains_it(tmp_path: Path) -> None:
    with pytest.raises(Failed, match=r"(?s)no-such-command failed:.*\w"):
        run(["no-such-command"], os.environ, tmp_path / "log")
