"""Civil warning: whom, when, which words.

Comes in: protected sites (:class:`Site`), TRACK rows and INCIDENT rows. Goes out: WARNING rows,
one per warning issued, updated or cancelled.
"""

from airshield.warn.settings import WarnSettings
from airshield.warn.site import Site

__all__ = ["Site", "WarnSettings"]
