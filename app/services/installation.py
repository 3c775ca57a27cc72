"""What services need to know of the installation that they run in."""

from app.settings import Settings

_settings = Settings()


def configure(settings: Settings) -> None:
    """Let services run under these settings."""
    global _settings  # noqa: PLW0603 -- a process is one installation
    _settings = settings


def settings() -> Settings:
    """Return the settings that services run under."""
    return _settings
