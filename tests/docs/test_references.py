"""Pages that the program could write itself say what the program says."""

import json
import re

import pytest
from flask import Flask

from app.cli.settings import reference
from app.clock import today
from approvals.organisations.dfe import dfe_organisation
from approvals.organisations.kinds import Kind
from approvals.organisations.models import Organisation
from identity.oidc.claims import ClaimEntry, dictionary
from identity.oidc.errors import OAuthError
from tests.conftest import settings
from wsgi import ROOT, create_app


@pytest.fixture(scope="module")
def site() -> Flask:
    """No storage is touched."""
    return create_app(settings("sqlite://"))


def test_settings_page_documents_every_setting(site: Flask) -> None:
    with site.app_context():
        assert reference() in (ROOT / "docs" / "operators" / "settings.md").read_text()


def test_settings_all_have_a_description(site: Flask) -> None:
    with site.app_context():
        assert "| None |" not in reference()


def test_claim_dictionary_has_every_claim(site: Flask) -> None:
    page = (ROOT / "docs" / "relying-parties" / "claims.md").read_text()
    with site.app_context():
        assert [entry.name for entry in dictionary() if _row(entry) not in page] == []


@pytest.mark.usefixtures("app")
def test_claim_dictionary_has_every_member_of_the_organisation() -> None:
    page = (ROOT / "docs" / "relying-parties" / "claims.md").read_text()
    shown = re.search(r"```json\n(\{\n.*?^\})\n```", page, re.DOTALL | re.MULTILINE)
    assert shown is not None
    claim = dfe_organisation(
        Organisation(kind=Kind.DIOCESE, name="Diocese of Marlchester"), today()
    )
    assert list(json.loads(shown.group(1))) == list(claim)


def test_operators_page_names_existing_commands(site: Flask) -> None:
    pages = (ROOT / "docs" / "operators").glob("*.md")
    named = {
        command
        for page in pages
        for command in re.findall(r"secure-access ([a-z-]+)", page.read_text())
    }
    assert named <= set(site.cli.commands)


def test_list_of_errors_has_every_error_code() -> None:
    page = (ROOT / "docs" / "relying-parties" / "errors.md").read_text()
    codes = {kind.error for kind in _kinds(OAuthError) if kind.error is not None}
    assert sorted(code for code in codes if f"| `{code}` |" not in page) == []
    assert set(re.findall(r"^\| `([a-z_]+)` \|", page, re.MULTILINE)) - {"error"} == codes


def test_links_between_pages_have_targets() -> None:
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text())
        if not (page.parent / target).exists()
    ]
    assert broken == []


def _kinds(kind: type[OAuthError]) -> set[type[OAuthError]]:
    return {kind}.union(*(_kinds(each) for each in kind.__subclasses__()))


def _row(entry: ClaimEntry) -> str:
    scope = f"`{entry.scope}`" if entry.scope else "–"
    return f"| `{entry.name}` | {scope} | {entry.sentence} |"


def test_every_extension_point_is_in_the_architecture() -> None:
    declared = {
        name
        for floor in ("app", "identity", "approvals")
        for path in (ROOT / floor).rglob("*.py")
        for name in re.findall(
            r"^([A-Z_]+)(?:: [^=\n]+)? = ExtensionPoint\b", path.read_text(), re.MULTILINE
        )
    }
    page = (ROOT / "docs" / "architecture.md").read_text()
    table = page.partition("| extension point |")[2].partition("\n\n")[0]
    assert declared == set(re.findall(r"`([A-Z_]+)`", table))
