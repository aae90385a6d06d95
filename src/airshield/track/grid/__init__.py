"""Which tracks may be meant: by address, or by where they are expected.

Comes in: a track's slot and a time, or an address. Goes out: the slot under an address; the slots
that hang in a cell, in no particular order; and beside each (``state.NEAR``) the Earth-centred
place [m] where the track was last hung, with how far it may be from there by now.

**The grid.** Cells are cubes of 8 km in Earth-centred axes: no pole, no seam, and no map that would
be wrong somewhere. A plot looks into the 27 cells around its own place. A track hangs in one cell
and is hung anew at every update and every second, before it can have flown into the next but one.

**The tables.** Both are hash tables with chains, of a fixed size, made once. Chains of different
cells may share a bucket: who walks one looks whether a track is in the cell that was meant. Nothing
may depend on the order in a chain, which is that of arrival.

Left out: cells that grow with a track's doubt. A track whose place is unknown by more than a cell
is found in the cell where it is expected.
"""
