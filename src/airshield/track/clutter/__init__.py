"""The clutter map: how many false plots a radar gives where, measured and never asked of a user.

Comes in: echoes that turned out to be nobody's, with the turn of the antenna. Goes out: false plots
per square metre and scan to be expected at a place, in the radar's own polar coordinates; for what
is no radar's echo the settings' figure for its kind.

Cells are three degrees wide and a hundredth of the radar's range deep. A cell is believed as far as
it has been watched, before that its ring of range, before that a guess. Counts fade over a hundred
turns, by arithmetic at the next look, so no pass over the map is ever needed. A young track's own
echoes are left out when it asks, and taken off the map when it is confirmed: else every target
would look like clutter to itself. Finer cells were tried and lost: a cell that has seen nothing
yet looks cleaner than it is, and false tracks begin there.

Left out: clutter by height or Doppler, weather that moves.
"""
