"""All settings of the service: those of the three floors, from the environment."""

from __future__ import annotations

from pydantic_settings import BaseSettings, SettingsConfigDict

from app.settings import AppSettings
from identity.settings import IdentitySettings


class Settings(IdentitySettings, AppSettings, BaseSettings):
    """Every setting, from the environment or from the file that `_env_file` names."""

    model_config = SettingsConfigDict(
        env_prefix="SECURE_ACCESS_", extra="ignore", env_ignore_empty=True
    )
