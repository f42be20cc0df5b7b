"""Replies of mail services: which are final, and their description without the address."""

import re
import smtplib

# About the connection or the account at the mail server, which a changed setting corrects.
_ACCOUNT_CODES = {530, 534, 535, 538}
_ENHANCED_CODE = re.compile(r"[245]\.\d{1,3}\.\d{1,3}\b")


class PermanentRefusal(Exception):
    """The mail server rejects this mail for good (RFC 5321, 4.2.1). The text is the reply code."""


class TemporaryFailure(OSError):
    """The mail was not accepted this time. The text is the cause, without the address."""


def is_final(error: smtplib.SMTPException) -> bool:
    """Return whether an error of `send_message` is a permanent refusal of the mail."""
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return True  # The address needs SMTPUTF8, and the server does not have it.
    codes = [code for code, _ in _replies(error)]
    return bool(codes) and all(500 <= code < 600 and code not in _ACCOUNT_CODES for code in codes)


def describe_refusal(error: Exception) -> str:
    """Return a description of the error: codes only, since servers repeat the address in texts."""
    if isinstance(error, TemporaryFailure):
        return str(error)
    replies = _replies(error)
    if replies:
        return "SMTP " + ", ".join(sorted({_code(*reply) for reply in replies}))
    reason = error.strerror if isinstance(error, OSError) else None
    return f"{type(error).__name__}: {reason}" if reason else type(error).__name__


def _replies(error: Exception) -> list[tuple[int, bytes]]:
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        return list(error.recipients.values())
    if isinstance(error, smtplib.SMTPResponseException):
        text = error.smtp_error
        return [(error.smtp_code, text.encode() if isinstance(text, str) else text)]
    return []


def _code(code: int, text: bytes) -> str:
    enhanced = _ENHANCED_CODE.match(text.decode("utf-8", "replace").strip())
    return f"{code} {enhanced.group()}" if enhanced else str(code)
