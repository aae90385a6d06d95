"""Civil warning: whom, when, which words.

Comes in: protected sites (:class:`Site`), TRACK rows and the INCIDENT rows they caused. Goes out:
WARNING rows, one per warning issued, updated or cancelled, at the track's own time, with the words.

A confirmed violator approaches a site when the great circle of its present course passes within the
site's radius. The warning is issued when it would get there within the time that the people need,
and a minute more to pass the word on; told again when the arrival moves; cancelled when the
aircraft has flown clear, or violates nothing any more. When contact is lost the warning ends too,
and says that this is no all-clear.

Distances in metres over ground on WGS 84, azimuths in degrees from true north, times in seconds.

Left out: sirens, cells and languages (CAP and cell broadcast come with their issue), terrain, and
any guess at where an aircraft means to go beyond its present course.
"""

from airshield.warn.approach import Approach, approach_of
from airshield.warn.settings import WarnSettings
from airshield.warn.site import Site
from airshield.warn.warner import Warner

__all__ = ["Approach", "Site", "WarnSettings", "Warner", "approach_of"]
