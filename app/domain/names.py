"""What operators, projects and keys may be called: the contract's rule, for the command line too."""

import re

from app.domain.errors import BadRequest

LONGEST = 100

# One line that begins with something to be seen; a lone surrogate is no text that could be stored.
_NAME = re.compile(r"[^\x00-\x20\x7f-\xa0\ud800-\udfff][^\x00-\x1f\x7f-\x9f\ud800-\udfff]*")


def require_name(name: str) -> None:
    """Raise BadRequest for a name that is empty, has line breaks or is too long."""
    if not _NAME.fullmatch(name):
        raise BadRequest.of("name", "Say one line of text that does not begin with a space.")
    if len(name) > LONGEST:
        raise BadRequest.of("name", f"Say at most {LONGEST} characters.")
