"""Lines of the log."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
import structlog
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from app.logs import LONGEST, _one_line, configure
from wsgi import ROOT

PROCESSES, LINES = 4, 200
START = """
from flask import Flask
from app.logs import configure, include_libraries_and_exceptions
configure(Flask("started"))
include_libraries_and_exceptions()
"""
WRITER = f"""
import logging, sys, threading
from flask import Flask
import structlog
from app.logs import configure, include_libraries_and_exceptions

configure(Flask("writer"))
include_libraries_and_exceptions()
def fail(depth):
    if depth == 0:
        raise ValueError("zero " * 2000)
    fail(depth - 1)
for number in range({LINES}):
    try:
        fail(40)
    except ValueError:
        structlog.get_logger().exception("failed", number=number)
    logging.getLogger("a.library").error("could not: %s", "x" * 5000)
thread = threading.Thread(target=fail, args=[3])
thread.start()
thread.join()
"""


@pytest.mark.usefixtures("processes")
def test_lines_of_several_processes_that_share_a_pipe_are_whole() -> None:
    writer = '"$PYTHON" -c "$WRITER" &'
    shell = f"{writer * PROCESSES} wait"
    ran = subprocess.run(
        ["/bin/sh", "-c", shell],
        cwd=ROOT,
        env={"PYTHON": sys.executable, "WRITER": WRITER, "PYTHONPATH": str(ROOT)},
        stderr=subprocess.PIPE,
        text=True,
        check=True,
    )
    lines = [json.loads(line) for line in ran.stderr.splitlines()]
    assert len(lines) == PROCESSES * (2 * LINES + 1)
    failed = [line for line in lines if line["event"] == "failed"]
    assert {line["number"] for line in failed} == set(range(LINES))
    assert all(line["exception"].startswith("Traceback") for line in failed)
    ended = [line for line in lines if line["event"] == "a thread ended by an exception"]
    assert len(ended) == PROCESSES
    assert {line.get("logger") for line in lines} == {None, "a.library"}


def logged_by(program: str) -> dict[str, object]:
    """The one line that a process writes which runs this program."""
    ran = subprocess.run(
        [sys.executable, "-c", f"{START}\n{program}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    (line,) = ran.stderr.splitlines()
    return {**json.loads(line), "code": ran.returncode}


@pytest.mark.usefixtures("processes")
def test_record_of_a_library_is_json_with_the_name_of_the_library() -> None:
    said = logged_by(
        "import logging\n"
        "logging.getLogger('some.library').warning('the pool has %d left', 2)\n"
        "logging.getLogger('some.library').info('not of interest')"
    )
    assert (said["event"], said["logger"]) == ("the pool has 2 left", "some.library")


@pytest.mark.usefixtures("processes")
def test_exception_that_ends_a_thread_is_one_line() -> None:
    said = logged_by(
        "import threading\n"
        "thread = threading.Thread(target=lambda: 1 / 0, name='deliveries')\n"
        "thread.start()"
    )
    assert (said["thread"], said["level"]) == ("deliveries", "critical")
    assert str(said["exception"]).endswith("ZeroDivisionError: division by zero")


@pytest.mark.usefixtures("processes")
def test_exception_that_ends_a_process_is_one_line() -> None:
    said = logged_by("1 / 0")
    assert str(said["exception"]).endswith("ZeroDivisionError: division by zero")
    assert said["code"] == 1


@given(
    st.dictionaries(st.text(max_size=20), st.text(max_size=9000), max_size=6),
)
def test_line_is_valid_json_within_the_limit_whatever_it_holds(fields: dict[str, str]) -> None:
    line = _one_line(None, "info", {**fields, "event": "tried"})
    assert len(line.encode()) <= LONGEST
    assert "\n" not in line
    assert json.loads(line).keys() == {*fields, "event"}


def test_shortened_text_has_its_beginning_and_its_end() -> None:
    said = json.loads(_one_line(None, "info", {"event": "tried", "text": "a" * 9000 + "z" * 9000}))
    assert said["text"].startswith("aaa")
    assert said["text"].endswith("zzz")


def test_events_of_the_application_have_level_and_time(
    app: Flask, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(app)
    structlog.get_logger().info("happened", of="kind")
    said = json.loads(capsys.readouterr().err)
    assert said["level"] == "info"
    assert said["timestamp"].endswith("Z")
    assert said["of"] == "kind"
