"""What is told of a track: its rows.

Comes in: a track's record and a time, not before its state's. Goes out: one record of
``state.ROW``: the state carried forward to that time, geodetic place [rad] and height above the
ellipsoid [m], velocity and covariance east, north and up. NaN is unknown; a height that nobody told
and no ranges gave is NaN, never the guess that the filter works with.

**Covariance.** What the filter considers (the error of the height) is in it. A guessed height may
be off by kilometres, so there the slope of the chord stands for the tangent's: with the tangent's
alone, places of targets that tell no height were told too surely.

Left out: when a row is due (``life``), tables and their units (``tracker``).
"""
