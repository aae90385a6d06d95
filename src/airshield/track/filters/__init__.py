"""The mathematics of one track: motion, measurement, update, height.

Comes in: a track's record (``state.TRACK_STATE``) and a plot's. Goes out: the record, updated; or,
for the gate, how well the plot fits, with the updated state left in the scratch record for whoever
wants it. East and north are the track's own tangent plane, seconds those of the tracker's clock.

**State.** East, north, their rates and the rate of turn, once for each of three models; beside each
the covariance ``C`` with the error of the height, whose variance ``ph`` is one for all. Straight
models carry the rate of turn as nought and unknown, so that mixing hands it to the turn honestly.

**Measurement.** A plot is not converted with an assumed height and fused as if it were true: it is
put where a target of the track's height would give it, in exact geometry, with the derivative
``gh`` of that place by the height. So the filter is linear at the plot, its ellipse is honest, and
what the plot says of the height comes out of the same update (``dh``, ``dph``).

**Trust.** A plot that may be clutter moves the state by the share ``trust`` and puts the doubt into
the covariance.

Twins in ``tests/reference/track.py``. References: Bar-Shalom, Li, Kirubarajan, 2001; Schmidt, 1966;
Bar-Shalom and Tse, 1975.
"""
