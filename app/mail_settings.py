"""Settings of mail: a mail server, the HTTP API of GOV.UK Notify, or a folder."""

from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, model_validator

from app.unsafe_settings import is_loopback


class MailSettings(BaseModel):
    """Settings of the outbox."""

    model_config = ConfigDict(use_attribute_docstrings=True, defer_build=True)

    mail_from: str = "Secure Access <no-reply@localhost>"
    """Sender of every mail. With GOV.UK Notify its own settings decide."""

    mail_directory: Path | None = None
    """Folder in which mails are left as `.eml` files instead of being sent by SMTP."""

    smtp_host: str = "localhost"
    """Mail server."""

    smtp_port: int = 25
    """Port of the mail server."""

    smtp_connections: int = Field(default=10, ge=1, le=100)
    """Connections to the mail server, or requests to GOV.UK Notify, at once."""

    smtp_username: str | None = None
    """User name at the mail server, if it requires one."""

    smtp_password: SecretStr | None = None
    """Password at the mail server."""

    smtp_security: str = Field(default="starttls", pattern="^(none|starttls|tls)$")
    """`starttls`, `tls` or `none` (only for a server on the loopback)."""

    notify_api_key: SecretStr | None = None
    """API key of GOV.UK Notify. With it mails are sent through Notify instead of by SMTP."""

    notify_template_id: str | None = None
    """Template at GOV.UK Notify: subject `((subject))`, message `((body))`."""

    notify_url: str = "https://api.notifications.service.gov.uk"
    """Origin of the API of GOV.UK Notify."""

    @model_validator(mode="after")
    def _mail_is_encrypted_on_its_way(self) -> "MailSettings":
        uses_smtp = self.mail_directory is None and self.notify_api_key is None
        if uses_smtp and self.smtp_security == "none" and not is_loopback(self.smtp_host):
            raise ValueError(
                "SECURE_ACCESS_SMTP_SECURITY is none and SECURE_ACCESS_SMTP_HOST another machine: "
                "set it to starttls or tls. Mails carry links that open accounts."
            )
        return self

    @model_validator(mode="after")
    def _notify_is_complete(self) -> "MailSettings":
        if (self.notify_api_key is None) != (self.notify_template_id is None):
            raise ValueError(
                "Set both SECURE_ACCESS_NOTIFY_API_KEY and SECURE_ACCESS_NOTIFY_TEMPLATE_ID, or "
                "neither."
            )
        if self.notify_api_key is not None and self.mail_directory is not None:
            raise ValueError(
                "SECURE_ACCESS_MAIL_DIRECTORY and SECURE_ACCESS_NOTIFY_API_KEY are both set: unset "
                "the one that mails are not to take."
            )
        if urlsplit(self.notify_url).scheme == "http" and not is_loopback(
            urlsplit(self.notify_url).hostname or ""
        ):
            raise ValueError(
                "SECURE_ACCESS_NOTIFY_URL must begin with https:// (http is for localhost only)."
            )
        return self
