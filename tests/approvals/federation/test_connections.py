"""Operators connect providers, prove domains, check, and switch off."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import select

from app.audit import AuditEvent
from app.database import db
from app.refusal import RefusalError
from approvals.federation.cli import sign_ins_cli
from approvals.organisations.models import Organisation
from identity.upstream import connections, domains, provider, queries, rules
from identity.upstream.models import Connection, Domain
from identity.upstream.provider import UnusableProvider
from tests.approvals import world
from tests.approvals.federation.conftest import DOMAIN, facts, prove
from tests.approvals.federation.dns_server import NameServer
from tests.approvals.federation.forging import ForgingProvider
from tests.identity.walking import Walker
from tests.races import race

OWN = "https://access.example.org"


@pytest.fixture
def forging() -> Iterator[ForgingProvider]:
    provider = ForgingProvider()
    yield provider
    provider.close()


@pytest.fixture
def connection(
    app: Flask, melfield: Organisation, forging: ForgingProvider, name_server: NameServer
) -> Connection:
    made = connections.connect(facts(melfield, forging.issuer, client_secret="very secret text"))
    prove(made, name_server)
    return made


@pytest.fixture
def olive(app: Flask) -> Walker:
    return world.browser(app, world.operator())


@pytest.mark.parametrize(
    "issuer",
    [
        "https://login.microsoftonline.com/common/v2.0",
        "https://login.microsoftonline.com/organizations/v2.0",
        "https://login.microsoftonline.com/consumers/v2.0",
        "https://login.microsoftonline.com/9188040d-6c67-4c5b-b112-36a304b66dad/v2.0",
        "https://login.microsoftonline.com/contoso.com/v2.0",
        "https://LOGIN.microsoftonline.com/common/v2.0",
        "https://login.microsoftonline.com/{tenantid}/v2.0",
        "https://sts.windows.net/common/",
        "https://appleid.apple.com",
        "https://gitlab.com",
        "https://www.linkedin.com/oauth",
        "https://login.salesforce.com",
        OWN,
        f"{OWN}/",
        "https://id.example.org?tenant=one",
        "https://id.example.org#part",
        "id.example.org",
        "",
    ],
)
def test_check_issuer_refuses_issuers_of_many_organisations(issuer: str) -> None:
    with pytest.raises(RefusalError):
        rules.check_issuer(issuer, own=OWN)


@pytest.mark.parametrize(
    "issuer",
    [
        "https://login.microsoftonline.com/72f988bf-86f1-41af-91ab-2d7cd011db47/v2.0",
        "https://accounts.google.com",
        "https://id.melfield.example/realms/staff",
    ],
)
def test_check_issuer_accepts_issuers_of_one_organisation(issuer: str) -> None:
    rules.check_issuer(issuer, own=OWN)


def test_google_identity_counts_for_the_proven_domain_only() -> None:
    google, domains = "https://accounts.google.com", {"melfield.example"}
    assert rules.is_tenant_claim_right(google, {"hd": "melfield.example"}, domains)
    assert not rules.is_tenant_claim_right(google, {"hd": "other.example"}, domains)
    assert not rules.is_tenant_claim_right(google, {}, domains)
    assert not rules.is_tenant_claim_right(google, {"email": "a@melfield.example"}, domains)
    assert rules.is_tenant_claim_right("https://id.example.org", {}, domains)


@pytest.mark.parametrize("domain", ["gmail.com", "GMail.com.", "outlook.com", "btinternet.com"])
def test_parse_domain_refuses_webmail(domain: str) -> None:
    with pytest.raises(RefusalError, match="proves nothing"):
        rules.parse_domain(domain)


@pytest.mark.parametrize("domain", ["", "com", "a b.example", "10.0.0.1", "x" * 260 + ".example"])
def test_parse_domain_refuses_what_is_no_domain(domain: str) -> None:
    with pytest.raises(RefusalError, match="Enter a domain"):
        rules.parse_domain(domain)


def test_parse_domain_returns_the_idna_form() -> None:
    assert rules.parse_domain(" Bücher.Example. ") == "xn--bcher-kva.example"


@pytest.mark.parametrize(
    ("amr", "acr", "expected"),
    [
        ((), None, False),
        (("pwd",), None, False),
        (("pwd", "pin"), None, False),
        (("otp", "sms"), None, False),
        (("mfa",), None, True),
        (("pwd", "otp"), None, True),
        (("fpt", "hwk"), None, True),
        ((), "phr", True),
        ((), "urn:secure-access:aal1", False),
        ((), "urn:secure-access:aal2", True),
    ],
)
def test_is_two_factor_needs_two_kinds(
    amr: tuple[str, ...], acr: str | None, expected: bool
) -> None:
    assert rules.is_two_factor(amr, acr) is expected


@pytest.mark.parametrize(
    "change",
    [
        {"issuer": "https://other.example"},
        {"issuer": None},
        {"response_types_supported": ["id_token"]},
        {"code_challenge_methods_supported": ["plain"]},
        {"id_token_signing_alg_values_supported": ["HS256", "none"]},
        {"token_endpoint_auth_methods_supported": ["private_key_jwt"]},
        {"token_endpoint": "file:///etc/passwd"},
        {"token_endpoint": "https://user@id.example"},
        {"authorization_endpoint": "javascript:alert(1)"},
        {"jwks_uri": "http://169.254.169.254/keys"},
        {"jwks_uri": None},
    ],
    ids=str,
)
def test_metadata_that_cannot_be_used_is_refused(
    app: Flask, forging: ForgingProvider, change: dict[str, object]
) -> None:
    forging.metadata = change
    with pytest.raises(UnusableProvider):
        provider.read_metadata(forging.issuer, forging.document())


def test_metadata_without_pkce_methods_is_accepted(app: Flask, forging: ForgingProvider) -> None:
    forging.metadata = {"code_challenge_methods_supported": None}
    assert provider.read_metadata(forging.issuer, forging.document()).algs == ("RS256",)


def test_connect_refuses_a_provider_that_does_not_answer(
    app: Flask, melfield: Organisation, forging: ForgingProvider
) -> None:
    forging.silent = True
    with pytest.raises(RefusalError, match="not reached"):
        connections.connect(facts(melfield, forging.issuer))


def test_connect_refuses_a_provider_with_a_private_key_in_its_keys(
    app: Flask, melfield: Organisation, forging: ForgingProvider
) -> None:
    forging.published = [forging.key.as_dict(private=True)]
    with pytest.raises(RefusalError, match="private members"):
        connections.connect(facts(melfield, forging.issuer))


def test_client_secret_is_stored_encrypted_and_audited_nowhere(
    connection: Connection,
) -> None:
    assert "very secret text" not in connection.sealed_secret
    assert connections.secret_of(connection) == "very secret text"
    rows = db.session.scalars(select(AuditEvent)).all()
    assert "very secret text" not in str([[row.detail, row.after, row.before] for row in rows])


def test_domain_is_proven_by_its_record_alone(
    app: Flask, connection: Connection, name_server: NameServer
) -> None:
    domain = domains.add(connection, "second.example")
    for records in ({}, {"_secure-access.second.example": ["secure-access-domain=other"]}):
        name_server.records = records
        with pytest.raises(RefusalError, match="not published"):
            domains.prove(domain)
    prove(connection, name_server, "second.example")
    assert domain.proven_at is not None


def test_domain_belongs_to_the_connection_that_proved_it(
    app: Flask, elm: Organisation, connection: Connection, name_server: NameServer
) -> None:
    other_provider = ForgingProvider()
    try:
        other = connections.connect(facts(elm, other_provider.issuer))
    finally:
        other_provider.close()
    with pytest.raises(RefusalError, match="Another connection"):
        domains.add(other, DOMAIN)
    claimed = [domains.add(each, "third.example") for each in (connection, other)]
    name_server.records["_secure-access.third.example"] = [
        f"secure-access-domain={each.challenge}" for each in claimed
    ]
    domains.prove(claimed[0])
    with pytest.raises(RefusalError, match="Another connection"):
        domains.prove(claimed[1])


def test_40_claims_of_a_domain_at_once_add_it_once(app: Flask, connection: Connection) -> None:
    public_id = connection.public_id

    def add(_number: int) -> str:
        present = queries.connection(public_id)
        assert present is not None
        return domains.add(present, "second.example").challenge

    assert len(set(race(app, add))) == 1
    claimed = [row.detail["domain"] for row in world.audited("upstream.domain_claimed")]
    assert sorted(claimed) == [DOMAIN, "second.example"]


def test_40_removals_of_a_domain_at_once_are_recorded_once(
    app: Flask, connection: Connection
) -> None:
    domains.add(connection, "second.example")
    public_id = connection.public_id

    def remove(_number: int) -> None:
        present = queries.connection(public_id)
        assert present is not None
        for each in present.domains:
            if each.domain == "second.example":
                domains.remove(each)

    race(app, remove)
    assert [row.detail["domain"] for row in world.audited("upstream.domain_removed")] == [
        "second.example"
    ]


def test_proofs_of_a_domain_by_one_connection_at_once_succeed_and_are_recorded_once(
    app: Flask, connection: Connection, name_server: NameServer
) -> None:
    claimed = domains.add(connection, "third.example")
    key = claimed.id
    name_server.records["_secure-access.third.example"] = [
        f"secure-access-domain={claimed.challenge}"
    ]
    before = len(world.audited("upstream.domain_proven"))
    race(app, lambda _number: domains.prove(db.session.get_one(Domain, key)), threads=8)
    assert len(world.audited("upstream.domain_proven")) == before + 1


def test_40_proofs_of_a_domain_by_two_connections_at_once_prove_one(
    app: Flask, elm: Organisation, connection: Connection, name_server: NameServer
) -> None:
    other_provider = ForgingProvider()
    try:
        other = connections.connect(facts(elm, other_provider.issuer))
    finally:
        other_provider.close()
    claimed = [domains.add(each, "third.example") for each in (connection, other)]
    name_server.records["_secure-access.third.example"] = [
        f"secure-access-domain={each.challenge}" for each in claimed
    ]
    ids = [each.id for each in claimed]

    def prove_one(number: int) -> bool:
        try:
            domains.prove(db.session.get_one(Domain, ids[number % 2]))
        except RefusalError:
            return False
        return True

    race(app, prove_one)
    assert len(world.audited("upstream.domain_proven")) == 2
    assert len([each for each in ids if db.session.get_one(Domain, each).proven_at]) == 1


def test_failing_name_server_proves_nothing(
    app: Flask, connection: Connection, name_server: NameServer
) -> None:
    domain = domains.add(connection, "second.example")
    name_server.fails = True
    with pytest.raises(RefusalError, match="No name server"):
        domains.prove(domain)


def test_operator_connects_proves_checks_and_switches_off_by_pages(
    app: Flask,
    melfield: Organisation,
    forging: ForgingProvider,
    name_server: NameServer,
    olive: Walker,
) -> None:
    page = olive.get("/ops/sign-ins")
    page = olive.get(page.link("Connect a provider"))
    page = page.submit(
        "", name="Melfield account", issuer=forging.issuer, client_id="c", client_secret="s-3-c"
    )
    assert "Enter at least one organisation" in page.text
    assert "s-3-c" not in page.html
    page = page.submit(
        name="Melfield account",
        issuer=forging.issuer,
        client_id="c",
        client_secret="s-3-c",
        organisations=melfield.public_id,
    )
    assert page.heading == "Melfield account", page.text
    assert "/callback" in page.text
    page = olive.get(page.link("Add a domain")).submit(domain="gmail.com")
    assert "proves nothing" in page.text
    page = page.submit(domain=DOMAIN)
    page = olive.get(page.link(f"Prove {DOMAIN}"))
    page = page.submit()
    assert "not published yet" in page.text
    domain = db.session.scalars(select(Domain)).one()
    name_server.records[f"_secure-access.{DOMAIN}"] = [f"secure-access-domain={domain.challenge}"]
    page = page.submit()
    assert f"{DOMAIN} is proven" in page.text
    page = olive.get(page.link("Check this connection")).submit()
    assert "Good: It answers" in page.text
    assert "Good: Proven" in page.text
    page = olive.get("/ops/sign-ins")
    page = olive.get(page.link("Melfield account"))
    page = olive.get(page.link("Switch off")).submit()
    assert "switched off" in page.text
    page = olive.get(page.link("Switch on")).submit()
    assert "is switched on" in page.text
    events = db.session.scalars(
        select(AuditEvent.event).where(AuditEvent.event.like("upstream.%")).order_by(AuditEvent.id)
    ).all()
    assert list(events) == [
        "upstream.connected",
        "upstream.domain_claimed",
        "upstream.domain_proven",
        "upstream.checked",
        "upstream.switched_off",
        "upstream.switched_on",
    ]


def test_change_ends_sessions_and_keeps_the_issuer(
    app: Flask, melfield: Organisation, elm: Organisation, connection: Connection
) -> None:
    with pytest.raises(RefusalError, match="issuer cannot be changed"):
        connections.change(connection, facts(melfield, "https://other.example"))
    connections.change(connection, facts(elm, connection.issuer, client_secret=""))
    assert connection.organisations == [elm.public_id]
    assert connections.secret_of(connection) == "very secret text"


def test_commands_connect_prove_check_and_switch_off(
    app: Flask, melfield: Organisation, forging: ForgingProvider, name_server: NameServer
) -> None:
    runner = app.test_cli_runner()

    def run(*arguments: str, code: int = 0, typed: str | None = None) -> str:
        outcome = runner.invoke(sign_ins_cli, arguments, input=typed)
        assert outcome.exit_code == code, outcome.output
        return outcome.output

    run("connect", forging.issuer, "--name", "M", "--client-id", "c", "--organisation", "1", code=1)
    run(
        *("connect", forging.issuer, "--name", "Melfield account", "--client-id", "c"),
        *("--organisation", melfield.public_id),
        typed="secret\n",
    )
    connection = db.session.scalars(select(Connection)).one()
    identifier = connection.public_id
    assert identifier in run("list")
    record = run("add-domain", identifier, DOMAIN)
    assert run("check", identifier, code=1).count("Not yet") == 1
    run("prove-domain", identifier, DOMAIN, code=1)
    name_server.records[record.split()[0]] = [record.split()[2]]
    run("prove-domain", identifier, DOMAIN)
    assert "Not yet" not in run("check", identifier)
    run("switch-off", identifier)
    assert "switched off" in run("list")
    run("switch-on", identifier)
    run("remove-domain", identifier, DOMAIN)
    run("check", "unknown", code=1)
