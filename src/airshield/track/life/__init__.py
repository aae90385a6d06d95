"""From the first plot of a track to its end: is something there?

Comes in: a plot that begins a track or fits one, and, once a second, every live track. Goes out:
the track's probability of existence, its status, whether a row is due, and an end.

**Existence** (IPDA) is raised by the likelihood of what fits against the measured density of
clutter, and lowered whenever the beam of a radar that has seen the track passes without a plot, a
second and third miss in a row less, as real fades go. It confirms a track at 99.9 % (an address at
the second plot) and ends it below 15 %, or after eight turns of silence. A sure track must be able
to lose its standing, so its odds have a ceiling.

**Echoes.** What is likely nobody's counts in the clutter map. A young track remembers the cells of
its own echoes: they do not speak against it, and are taken off the map when it is confirmed.

Misses are judged once a second of event time, which only the reports move: a result never depends
on how the input was cut into batches.

Left out: radars that have never seen a track and perhaps should (only ``trust`` asks that, of what
ADS-B claims), and terrain.

Reference: Musicki, Evans, Stankovic, Integrated probabilistic data association, IEEE Transactions
on Automatic Control 39(6), 1994.
"""
