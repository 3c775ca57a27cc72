"""What went over the wire, one line of JSON per exchange, from the fuzzer and from the witnesses alike."""

import json
import threading
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal

Mode = Literal["positive", "negative", "witness"]


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request of a documented operation and its answer."""

    operation: str
    mode: Mode
    method: str
    query: tuple[tuple[str, str], ...]
    request_headers: Mapping[str, str]
    """By lower-case name."""
    request_body: str | None
    status: int
    response_headers: Mapping[str, str]
    """By lower-case name."""
    response_body: str
    path_parameters: Mapping[str, Any] = field(default_factory=dict)

    @property
    def media_type(self) -> str:
        """Return what the answer says that it is, without parameters."""
        return self.response_headers.get("content-type", "").partition(";")[0].strip()

    @property
    def accepted(self) -> bool:
        """Tell whether the server did what it was asked."""
        return 200 <= self.status < 300

    @property
    def sent(self) -> Any:
        """Return the request's JSON, or None."""
        return _parsed(self.request_body)

    @property
    def answered(self) -> Any:
        """Return the answer's JSON, or None."""
        return _parsed(self.response_body)


def _parsed(text: str | None) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None


class Recorder:
    """Append exchanges to a file, from any thread."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("a", encoding="utf-8")
        self._turn = threading.Lock()

    def keep(self, exchange: Exchange) -> None:
        """Write one exchange down at once."""
        with self._turn:
            self._file.write(json.dumps(asdict(exchange)) + "\n")
            self._file.flush()

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def read(paths: Iterable[Path]) -> Iterator[Exchange]:
    """Read what was recorded, file after file."""
    for path in paths:
        with path.open(encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                record["query"] = tuple((name, value) for name, value in record["query"])
                yield Exchange(**record)
