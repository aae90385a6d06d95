"""The shield: a folder of text in, frozen dataclasses out.

Comes in: ``shield.toml`` and the GeoJSON files it names. Goes out: a :class:`Shield`. Pydantic
stands at this door and nowhere else inside; every error names the file, the place in it and the
remedy.
"""

from airshield.config.shield import Contributor, Feed, Shield

__all__ = ["Contributor", "Feed", "Shield"]
