"""Files with keys in them, for their owner's eyes only."""

import os
import stat
from pathlib import Path
from secrets import token_hex

OWNER_ONLY = 0o600

_OTHERS = stat.S_IRWXG | stat.S_IRWXO


def make(path: Path, content: bytes) -> None:
    """Write a file as a whole, unless another process was faster."""
    part = path.with_name(f"{path.name}.{token_hex(4)}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, OWNER_ONLY), "wb") as opened:
        opened.write(content)
        opened.flush()
        os.fsync(opened.fileno())
    try:
        path.hardlink_to(part)  # unlike a rename, it fails where another process was faster
    except FileExistsError:
        return
    finally:
        part.unlink()


def may_be_read_by_others(path: Path) -> bool:
    """Tell whether anybody but its owner may read a file."""
    return bool(path.stat().st_mode & _OTHERS)
