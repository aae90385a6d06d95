"""Going back: what comes late is taken at its own time.

Comes in: a track's slot and a plot that is to update it, perhaps without another that it replaces.
Goes out: the track's state as if all its plots had come in order.

Before each update the motion of a track is put into a ring, with the plot that follows. So a plot
that comes late finds the state of its own time, and the later ones are taken again after it. The
ring holds the last six updates, two turns of three radars, in 8 kB a track. A plot older than that
is fused with the state of now. What a track is called, who sees it and whether it lives is no
motion and does not go back (``state.MOTION_FROM``).

The ring also answers which plot of a scan a track has had, and how the track was before it, so that
a better one can be weighed against the state that neither has moved.

Left out: smoothing. Rows that have been told stay as they are.
"""
