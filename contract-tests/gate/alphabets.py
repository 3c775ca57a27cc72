"""What Hypothesis knows of all characters before it draws the first one, worked out once for many runs.

Which of them UTF-8 and ASCII can write takes it nearly two seconds of a processor, more than the judge of a
mutant needs for its cases. It keeps that in the process, and in a folder, which has to be one for all runs.
"""

from typing import Final

from hypothesis import strategies

FOLDER_VARIABLE: Final = "HYPOTHESIS_STORAGE_DIRECTORY"
"""Names the folder to Hypothesis. With `database = "none"` it keeps no cases there."""
_CODECS: Final = ("utf-8", "ascii")
"""What Schemathesis writes bodies and headers in."""


def learn() -> None:
    """Let this process, and whatever is forked from it, know them."""
    for codec in _CODECS:
        strategies.characters(codec=codec).validate()
