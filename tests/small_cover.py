"""A small shield with everything that maps can show, surveyed in a second."""

import functools
import re
import shutil

from airshield.cli.covering import CoverPlan, cover_shield
from command_line import EXAMPLES

HEIGHTS = ("300agl", "1000amsl")


def small_shield(folder, *, edit=lambda text: text):
    """Copy the example of the Carpathians; nobody says what its second radar reaches."""
    place = folder / "small"
    shutil.copytree(EXAMPLES / "carpathians", place)
    text = (place / "shield.toml").read_text(encoding="utf-8")
    before, name, after = text.partition('name = "Kubínska hoľa"')
    after = re.sub(r"(?m)^(ref_\w+|swerling) = .*\n", "", after, count=5)
    (place / "shield.toml").write_text(edit(before + name + after), encoding="utf-8")
    return place


@functools.cache
def surveyed(place):
    """Survey it in cells of 500 m, above ground and above sea, and for what it asks for."""
    return cover_shield(
        CoverPlan(
            shield=place, heights=HEIGHTS, targets=("light aircraft",), step_m=500.0, threads=1
        )
    )
