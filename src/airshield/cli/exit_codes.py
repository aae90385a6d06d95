"""What the exit code says."""

from typing import Final

BAD_INPUT: Final = 2
"""Bad input or usage; what was whole has been taken."""
