"""Letters as files for their owner's eyes only: the newest, and none that is older than a week."""

import os
import time
from collections.abc import Sequence
from pathlib import Path
from secrets import token_hex
from typing import Final
from uuid import UUID

MOST_FILES: Final = 1_000
"""More are of no use to anybody who looks, and anyone makes a sandbox that writes them."""
KEPT_SECONDS: Final = 7 * 24 * 3600.0

_OWNER_ONLY_FOLDER: Final = 0o700
_OWNER_ONLY: Final = 0o600


class MailFolder:
    """Keep letters as `<id>.eml`, each there whole or not at all."""

    def __init__(self, path: Path, *, most_files: int = MOST_FILES) -> None:
        self._path = path
        self._most_files = most_files

    def keep(self, letter_id: UUID, content: bytes) -> None:
        """Write a letter, and let go of those that are too old or too many; raise OSError."""
        self._path.mkdir(mode=_OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
        part = self._path / f"{letter_id}.{token_hex(4)}.part"
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY), "wb") as opened:
            opened.write(content)
            opened.flush()
            os.fsync(opened.fileno())
        part.replace(self._path / f"{letter_id}.eml")
        self._let_go()

    def _let_go(self) -> None:
        oldest_kept = time.time() - KEPT_SECONDS
        newest_first = self._by_age()
        for place, (written_at, path) in enumerate(newest_first):
            if place >= self._most_files or written_at < oldest_kept:
                path.unlink(missing_ok=True)  # another process may have been faster

    def _by_age(self) -> Sequence[tuple[float, Path]]:
        """List letters, and what a crash left of them, newest first."""
        with os.scandir(self._path) as entries:
            ours = [entry for entry in entries if entry.name.endswith((".eml", ".part"))]
        return sorted(((_written_at(entry), Path(entry.path)) for entry in ours), reverse=True)


def _written_at(entry: os.DirEntry[str]) -> float:
    try:
        return entry.stat().st_mtime
    except FileNotFoundError:
        return 0.0
