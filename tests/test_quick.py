"""The selection of `make quick`."""

import subprocess

import pytest

from tests.conftest import is_quick


def test_is_quick_is_true_of_a_test_on_sqlite_only(
    database_url: str, request: pytest.FixtureRequest
) -> None:
    assert is_quick(request.node) == database_url.startswith("sqlite")


def test_is_quick_is_false_of_a_test_that_may_start_processes(
    processes: None, request: pytest.FixtureRequest
) -> None:
    assert not is_quick(request.node)
    subprocess.run(["true"], check=True)


def test_quick_test_fails_when_it_starts_a_process() -> None:
    with pytest.raises(AssertionError, match="request the fixture `processes`"):
        subprocess.run(["true"], check=True)
