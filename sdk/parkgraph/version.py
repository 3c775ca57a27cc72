"""The version of this package, which is that of the contract that it speaks."""

from typing import Final

VERSION: Final = "1.4.0"
