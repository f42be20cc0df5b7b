"""A relying party from Debian's packages: Apache with mod_auth_openidc, before served processes."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path

import httpx
import pytest
from flask import Flask
from sqlalchemy import select

from app.database import db, writing
from approvals.settings import Settings
from identity.access_termination import end_access
from identity.accounts.models import Account
from tests.conftest import settings
from tests.identity.oidc.foreign_client import sign_in
from tests.identity.oidc.relying_party import register
from tests.identity.oidc.served import serving
from tests.identity.people import Person
from tests.servers import apache, ports

pytestmark = pytest.mark.usefixtures("processes")

CONFIGURATION = """
OIDCProviderMetadataURL {issuer}/.well-known/openid-configuration
OIDCClientID {client_id}
OIDCClientSecret {secret}
OIDCRedirectURI {callback}
OIDCCryptoPassphrase a-long-enough-text-for-a-test
OIDCScope "openid profile email"
OIDCPKCEMethod S256
OIDCRemoteUserClaim sub
<Location /protected>
  AuthType openid-connect
  Require valid-user
  Header set X-User "expr=%{{REMOTE_USER}}"
  Header set X-Name "%{{OIDC_CLAIM_name}}e"
</Location>
"""


@pytest.fixture
def app_settings(database_url: str, tmp_path: Path) -> Settings:
    return settings(
        database_url, mail_directory=tmp_path / "mail", outbound_networks=["127.0.0.0/8"]
    )


def test_apache_signs_people_in_and_receives_sign_outs(
    provider: Flask, app_settings: Settings, ada: Person
) -> None:
    port = ports.free_port()
    site = f"http://localhost:{port}"
    callback = f"{site}/protected/callback"
    registered = register(
        redirect_uris=[callback],
        post_logout_redirect_uris=[f"{site}/"],
        backchannel_logout_uri=f"{callback}?logout=backchannel",
    )
    with ExitStack() as stack:
        served = stack.enter_context(
            serving(app_settings, workers=2, SECURE_ACCESS_OUTBOUND_NETWORKS="127.0.0.0/8")
        )
        configuration = CONFIGURATION.format(
            issuer=served.issuer,
            client_id=registered["client_id"],
            secret=registered["client_secret"],
            callback=callback,
        )
        stack.enter_context(apache.serving(port, configuration))
        browser = stack.enter_context(httpx.Client(timeout=60))

        def enter() -> httpx.Response:
            asked = browser.get(f"{site}/protected/")
            back = sign_in(browser, asked.headers["Location"], ada, callback=callback)
            browser.get(back)
            return browser.get(f"{site}/protected/")

        page = enter()
        assert (page.status_code, page.headers["X-User"]) == (200, ada.subject)
        assert page.headers["X-Name"] == "Ada Byron"

        with writing():
            account = db.session.scalars(select(Account).filter_by(subject=ada.subject)).one()
            end_access(account.id, cause="removed")
        served.do_jobs()
        assert browser.get(f"{site}/protected/").status_code == 302

        assert enter().status_code == 200
        leaving = browser.get(callback, params={"logout": f"{site}/"})
        left = browser.get(leaving.headers["Location"])
        assert left.headers["Location"] == f"{site}/"
        assert browser.get(f"{site}/protected/").status_code == 302
