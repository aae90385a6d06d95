"""Maps as pictures: how many radars see each place, how low, and what moves between places.

Comes in: codes on the common :class:`~airshield.geo.grid.Grid`, the border of the territory, radars
and sites. Goes out: a PNG that stands by itself (:func:`png_of`: title, legend, scale bar, stamp),
or an SVG drawing for a page, with the cells as an image inside (:func:`svg_of`).

A :class:`NetworkScene` (:func:`network_scene`) is a map without cells: stations, bases, places of
supply and the ways between them, as wide as what they carry (:func:`network_svg_of`). Weak ways
have a badge with a number, flow has a head, stations a sign: all of it can be read in grey.

A :class:`MapScene` says what is on a map and nothing of how it is drawn; :func:`count_scene` and
:func:`lowest_scene` make the two kinds of a survey. North is up (grid north; exactly so in the
middle of the map), x east and y north [m] in the grid's equal-area projection.

**Looks** (``looks.py``): numbers of radars darken with every one, as on EUROCONTROL's maps (1, 2,
3, 4 and more), and stay in order for the colour-blind and in grey. What is not seen, what is
unknown and what lies below the ground have a pattern each: none of them can be taken for clear sky,
nor for one another.

A map with more cells than the picture has pixels shows every second or third of them: the files of
cells have them all.
"""

from airshield.report.maps.looks import (
    BAND_LEVELS_M,
    Look,
    band_codes,
    band_looks,
    count_codes,
    count_looks,
)
from airshield.report.maps.network import NetworkScene, Place, Way, network_scene
from airshield.report.maps.network_svg import network_legend_of, network_svg_of
from airshield.report.maps.picture import png_of
from airshield.report.maps.scene import MapScene, Mark, count_scene, lowest_scene
from airshield.report.maps.svg import legend_of, svg_of

__all__ = [
    "BAND_LEVELS_M",
    "Look",
    "MapScene",
    "Mark",
    "NetworkScene",
    "Place",
    "Way",
    "band_codes",
    "band_looks",
    "count_codes",
    "count_looks",
    "count_scene",
    "legend_of",
    "lowest_scene",
    "network_legend_of",
    "network_scene",
    "network_svg_of",
    "png_of",
    "svg_of",
]
