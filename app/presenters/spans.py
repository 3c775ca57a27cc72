"""Stretches of time, as people say them."""

from datetime import timedelta

_MINUTE = timedelta(minutes=1)


def span(duration: timedelta) -> str:
    """Write a stretch of time to the minute: `34 min`, `2 h`, `4 h 1 min`."""
    hours, minutes = divmod(int(duration / _MINUTE + 0.5), 60)
    parts = [f"{hours} h"] if hours else []
    return " ".join([*parts, f"{minutes} min"] if minutes or not hours else parts)


def more_time(duration: timedelta) -> str:
    """Write how much longer something lasts, to begin a sentence: `One more hour`, `30 more minutes`."""
    hours, minutes = divmod(int(duration / _MINUTE + 0.5), 60)
    if (hours, minutes) == (1, 0):
        return "One more hour"
    if not minutes:
        return f"{hours} more hours"
    return f"{span(duration)} more" if hours else f"{minutes} more minutes"
