"""One event as a calendar takes it: iCalendar (RFC 5545)."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

MOST_OCTETS: Final = 75
"""Of a line, without its end (section 3.1)."""

_CONTROL: Final = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
_ESCAPED: Final = {"\\": r"\\", ";": r"\;", ",": r"\,", "\n": r"\n"}
_CONTINUED: Final = 0x80, 0xC0
"""A byte of UTF-8 that goes on with a character, under its mask: there no line is cut."""


@dataclass(frozen=True, slots=True)
class Event:
    """Something that begins and ends; whoever has it already takes the one of the higher sequence."""

    uid: str
    sequence: int
    written_at: datetime
    starts_at: datetime
    ends_at: datetime
    summary: str
    location: str
    description: str
    url: str
    alarm_minutes: int | None = None
    """How long before the end to ring."""


def written(event: Event) -> bytes:
    """Write a calendar that holds one event."""
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        "PRODID:-//Park Graph//Receipts//EN",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        "BEGIN:VEVENT",
        f"UID:{_text(event.uid)}",
        f"SEQUENCE:{event.sequence}",
        f"DTSTAMP:{_instant(event.written_at)}",
        f"DTSTART:{_instant(event.starts_at)}",
        f"DTEND:{_instant(event.ends_at)}",
        f"SUMMARY:{_text(event.summary)}",
        f"LOCATION:{_text(event.location)}",
        f"DESCRIPTION:{_text(event.description)}",
        f"URL:{event.url}",
        "TRANSP:TRANSPARENT",
        *_alarm(event),
        "END:VEVENT",
        "END:VCALENDAR",
    ]
    return b"".join(part + b"\r\n" for line in lines for part in _folded(line))


def _alarm(event: Event) -> list[str]:
    if event.alarm_minutes is None:
        return []
    return [
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_text(event.summary)}",
        f"TRIGGER;RELATED=END:-PT{event.alarm_minutes}M",
        "END:VALARM",
    ]


def _instant(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def _text(value: str) -> str:
    """Escape a text (section 3.3.11)."""
    plain = _CONTROL.sub(" ", value.replace("\r\n", "\n"))
    return "".join(_ESCAPED.get(letter, letter) for letter in plain)


def _folded(line: str) -> Iterator[bytes]:
    """Cut a line that is too long; what follows begins with a space (section 3.1)."""
    rest, room = line.encode(), MOST_OCTETS
    while len(rest) > room:
        cut = room
        while rest[cut] & _CONTINUED[1] == _CONTINUED[0]:
            cut -= 1
        yield rest[:cut]
        rest = b" " + rest[cut:]
    yield rest
