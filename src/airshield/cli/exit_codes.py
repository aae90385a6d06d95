"""What the exit code says."""

from typing import Final

BAD_INPUT: Final = 2
"""Bad input or usage; what was whole has been taken."""

FAILS: Final = 1
"""Done, and something that the shield requires fails or cannot be answered."""
