"""Steps: what an hour costs after a stay has lasted for a while."""

from dataclasses import dataclass

from app.domain.money import Money


@dataclass(frozen=True, slots=True)
class Step:
    """A rate that holds from so many minutes after the start of a stay, until the next step."""

    after_minutes: int
    rate: Money

    def __str__(self) -> str:
        return f"From {said_minutes(self.after_minutes)} on" if self.after_minutes else "Standard rate"


def said_minutes(number: int) -> str:
    """Write a number of minutes as people say it: `2 hours`, `1 hour 30 minutes`."""
    hours, minutes = divmod(number, 60)
    said = [_counted(hours, "hour")] if hours else []
    return " ".join([*said, _counted(minutes, "minute")] if minutes else said)


def _counted(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
