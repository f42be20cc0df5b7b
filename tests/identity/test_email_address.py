"""One policy for e-mail addresses."""

from __future__ import annotations

import pytest

from identity.email_address import clean_email, email_key


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
def test_spellings_of_one_address_have_one_key(text: str, key: str) -> None:
    assert email_key(text) == key
    assert email_key(clean_email(text)) == key


def test_letters_of_other_scripts_do_not_pass_for_ours() -> None:
    assert email_key("аdmin@school.example") != email_key("admin@school.example")


def test_an_address_of_254_characters_is_kept_and_one_of_255_is_not() -> None:
    domain = ".".join(["d" * 63] * 2 + ["e" * 54]) + ".example"
    address = "a" * (254 - len(domain) - 1) + "@" + domain
    assert len(address) == 254
    assert email_key(address) == address
    with pytest.raises(ValueError, match="254 characters or fewer"):
        email_key("a" + address)


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
def test_what_is_no_address_is_refused_with_a_sentence(text: str) -> None:
    with pytest.raises(ValueError, match=r"^(Enter|The email address)"):
        email_key(text)
