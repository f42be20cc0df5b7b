"""One policy for e-mail addresses."""

from __future__ import annotations

import pytest

from app.refusal import RefusalError
from identity.email_address import EmailAddress


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("ada@school.example", "ada@school.example"),
        (" Ada@School.EXAMPLE ", "ada@school.example"),
        ("ada@school.example.", "ada@school.example"),
        ("ada+reports@school.example", "ada+reports@school.example"),
        ("ａｄａ@school.example", "ada@school.example"),
        ("a\u200bda@school.example", "ada@school.example"),
        ("\u202eada@school.example", "ada@school.example"),
        ("ada@schüle.example", "ada@xn--schle-mva.example"),
        ("ADA@xn--schle-mva.example", "ada@xn--schle-mva.example"),
        ("o'neil@school.example", "o'neil@school.example"),
        ("ada@localhost", "ada@localhost"),
    ],
)
def test_parse_gives_spellings_of_one_address_one_key(text: str, key: str) -> None:
    address = EmailAddress.parse(text)
    assert address.key == key
    assert EmailAddress.parse(address.text) == address


def test_parse_keeps_the_letters_as_typed_for_mails_and_pages() -> None:
    address = EmailAddress.parse(" Ada+Reports@School.EXAMPLE. ")
    assert address.text == str(address) == "Ada+Reports@School.EXAMPLE"


def test_addresses_are_equal_if_their_keys_are() -> None:
    typed, stored = (
        EmailAddress.parse("Ada@School.example"),
        EmailAddress.parse("ada@school.example"),
    )
    assert typed.text != stored.text
    assert typed == stored
    assert len({typed, stored}) == 1
    assert typed != EmailAddress.parse("ada+reports@school.example")


def test_parse_does_not_equate_letters_of_other_scripts() -> None:
    assert EmailAddress.parse("аdmin@school.example") != EmailAddress.parse("admin@school.example")


def test_parse_accepts_254_characters_and_refuses_255() -> None:
    domain = ".".join(["d" * 63] * 2 + ["e" * 54]) + ".example"
    address = "a" * (254 - len(domain) - 1) + "@" + domain
    assert len(address) == 254
    assert EmailAddress.parse(address).key == address
    with pytest.raises(RefusalError, match="254 characters or fewer") as error:
        EmailAddress.parse("a" + address)
    assert error.value.refusal.code == "email_length"


def test_parse_refuses_an_address_whose_key_is_too_long() -> None:
    address = "ß" * 64 + "@" + ".".join(["d" * 60] * 3)
    assert len(address) < 254
    with pytest.raises(RefusalError, match="254 characters or fewer"):
        EmailAddress.parse(address)


@pytest.mark.parametrize(
    "text",
    [
        "", "   ", "ada", "@school.example", "ada@", "ada@school", "ada@@school.example",
        '"ada lovelace"@school.example', "ada lovelace@school.example", "ada@school .example",
        "ada@school.example,eve@evil.example", "ada@school.example\r\nBcc: eve@evil.example",
        "Ada <ada@school.example>", "ada.@school.example", "a..da@school.example", "ada@-.example",
        "ada@school.example\x00",
    ],
)  # fmt: skip
def test_parse_refuses_other_text_with_a_sentence(text: str) -> None:
    with pytest.raises(RefusalError, match=r"^Enter .*\.$") as error:
        EmailAddress.parse(text)
    assert error.value.refusal.code == ("email_format" if text.strip() else "email_missing")
