"""Whose plot is it: the track that it fits best, a new one, or nobody's.

Comes in: a plot (``state.PLOT``) with its rough place [m, Earth-centred]. Goes out: a track's slot
or -1, what to do (update, start, replace, or the reason to drop), and in the plot how well it fits:
the density of its likelihood [1/m2], whether it is an outlier, and its cost.

**By name.** The Mode S address first: one live track per address. A plot of a known address outside
the gate is counted as contradicting and moves nothing, until those that agree with each other make
the track come over.

**By place.** Else the tracks of the cells around (``grid``), by ever dearer tests: how far it may
be (``is_near``), either coordinate alone (``may_fit``), the ellipsoid, and last the likelihood of
place, altitude and code against the clutter there. Confirmed tracks come before tentative ones. A
radar gives a track one plot a turn; a better one takes the place of the worse, which then looks for
a place of its own. Ties go to the older track: the order in the grid leaves no trace.

**Other systems' tracks** are bound to ours by address, else by three reports that agree
(``foreign``).

Left out: decisions deferred over several scans (MHT), plots that two aircraft share, Doppler.

References: Bar-Shalom, Li, Kirubarajan, Estimation with Applications to Tracking and Navigation,
2001; Tukey, A survey of sampling from contaminated distributions, 1960 (outliers).
"""
