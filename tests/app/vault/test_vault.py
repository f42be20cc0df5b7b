import base64
import secrets

import pytest
from flask import Flask

from app.vault import Undecipherable, decrypt, encrypt
from tests.conftest import settings
from wsgi import create_app

OLD, NEW = (base64.b64encode(secrets.token_bytes(32)).decode() for _ in range(2))


def _app(keys: str) -> Flask:
    return create_app(settings("sqlite://", encryption_keys=keys))


def test_decrypt_returns_the_encrypted_value_that_is_unreadable_at_rest() -> None:
    with _app(NEW).app_context():
        sealed = encrypt("JBSWY3DPEHPK3PXP", purpose="totp")
        assert "JBSWY3DP" not in sealed
        assert decrypt(sealed, purpose="totp") == "JBSWY3DPEHPK3PXP"


def test_decrypt_refuses_a_value_of_another_purpose() -> None:
    with _app(NEW).app_context():
        sealed = encrypt("a secret", purpose="mail")
        with pytest.raises(Undecipherable):
            decrypt(sealed, purpose="totp")


def test_decrypt_accepts_an_older_key_of_the_ring() -> None:
    with _app(OLD).app_context():
        sealed = encrypt("a secret", purpose="mail")
    with _app(f"{NEW},{OLD}").app_context():
        assert decrypt(sealed, purpose="mail") == "a secret"
    with _app(NEW).app_context(), pytest.raises(Undecipherable):
        decrypt(sealed, purpose="mail")
