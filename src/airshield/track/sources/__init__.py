"""Who sees a track: which radars and other sources, when last, and how reliably.

Comes in: a track and a plot that has become the track's. Goes out, in the track's record: for each
of the last eight sources (``link``) when its last plot was, when its beam last passed, and its
running probability of detection; all sources and kinds that ever contributed; the code and callsign
last told; when a radar, ADS-B, or both together last saw it; and its last ADS-B report, which
``trust`` and ``registration`` hold radars against. Times are seconds of the tracker's clock.

A source is counted by its index into the radars' records. Those that are no radar stand behind the
radars, all of a kind as one: each is expected every few seconds, and its absence means the same.

Left out: what a source could have seen and did not (``life``), and whether it is right (``trust``,
``registration``).
"""
