import smtplib
from email.message import EmailMessage

import pytest

from tests.servers import smtp


def invitation() -> EmailMessage:
    message = EmailMessage()
    message["From"] = "no-reply@secure-access.example"
    message["To"] = "ada@school.example"
    message["Subject"] = "Join – École"
    message.set_content("Grüße: follow the link")
    return message


def test_smtp_server_stores_mail_with_its_envelope() -> None:
    with smtp.running() as server, smtplib.SMTP(server.host, server.port) as client:
        client.send_message(invitation())
        [mail] = server.wait_for(1)
        assert mail.sender == "no-reply@secure-access.example"
        assert mail.recipients == ("ada@school.example",)
        assert mail.message["Subject"] == "Join – École"
        assert mail.text == "Grüße: follow the link\n"
        server.clear()
        assert server.received == []


def test_smtp_server_can_refuse() -> None:
    with smtp.running() as server, smtplib.SMTP(server.host, server.port) as client:
        server.refusal = "451 Try again later"
        with pytest.raises(smtplib.SMTPDataError, match="Try again later"):
            client.send_message(invitation())
        assert server.received == []
