"""Settings of the allocator under which the server runs."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.serving.allocator import TUNABLES, tunables_for
from approvals.settings import Settings
from tests.identity.oidc.served import serving

MADVISE = "always [madvise] never"


def test_tunables_return_large_allocations_and_use_huge_pages() -> None:
    tunables = tunables_for({}, libc="glibc 2.36", huge_pages=MADVISE)
    assert tunables == (
        "glibc.malloc.mmap_threshold=1048576:glibc.malloc.hugetlb=1:glibc.malloc.arena_max=2"
    )


@pytest.mark.parametrize(
    ("environ", "libc", "huge_pages"),
    [
        ({TUNABLES: ""}, "glibc 2.36", MADVISE),
        ({}, "glibc 2.34", MADVISE),
        ({}, "", MADVISE),
        ({}, "glibc 2.36", "always madvise [never]"),
        ({}, "glibc 2.36", ""),
    ],
    ids=["set by the operator", "older glibc", "another library", "switched off", "no huge pages"],
)
def test_tunables_are_left_as_they_are(environ: dict[str, str], libc: str, huge_pages: str) -> None:
    assert tunables_for(environ, libc=libc, huge_pages=huge_pages) is None


@pytest.mark.usefixtures("processes")
def test_server_runs_under_the_settings_of_the_allocator(app_settings: Settings) -> None:
    with serving(app_settings, workers=1, GLIBC_TUNABLES="glibc.malloc.arena_max=8") as served:
        assert b"GLIBC_TUNABLES=glibc.malloc.arena_max=8" in _environment(served.process.pid)
    with serving(app_settings, workers=1) as served:
        assert b"GLIBC_TUNABLES=glibc.malloc.mmap_threshold=" in _environment(served.process.pid)


def _environment(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()
