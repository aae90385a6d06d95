"""What remains of cover and warning when only some of the radars are there, or up.

Comes in: a :class:`~airshield.plan.coverage.survey.Survey` of all radars, with what it was asked.
Goes out: the same answers for any subset of them (:class:`CoverGame`), as if only those had been
surveyed; and, where radars fail and are mended, the share of the time that each requirement holds
(:func:`expected_answers`).

**Cover** of a subset is a sum over the network's groups, cells with equal bits, weighed once for
each requirement.

**Warning.** What one radar misses along the track from each bearing does not depend on the others;
only products of it do. So for each bearing those radars are found that are enough alone, and those
that can only help each other; the latter are few, and each of their combinations is walked once.
The tracker's window is a turn of the slowest radar there, so all this is kept for each length of
window, made when a subset first has it. Where a slow radar joins quick ones the window grows, and
a bearing may be lost: a subset of more radars is not always the better one.

**Doubt** is that of the survey: ``low`` is surely reached, ``high`` if all that is unknown turned
out well.

**Availability.** A radar is up ``failure / (failure + repair)`` of the time, and radars fail
independently. States are drawn from streams of their own for each radar, so whether a radar is up
in a draw does not depend on who else is there, and coalitions are compared under the same luck. A
radar of which no figure is told counts as always up: whoever asks must say so.

In use::

    game = CoverGame(found)
    game.answers(game.radars_of({"Poland", "Romania"}))
    up = {r.name: availability_of(failure_s, repair_s) for r in ...}
    expected_answers(game, game.radars, up, draws=500, seed=1)

Threads may ask one game at once. Left out: failures with a common cause, spares, power cuts that
take several radars with them; how long a requirement stays broken once it is.
"""

from airshield.plan.coverage.coalitions.availability import (
    ExpectedAnswer,
    availability_of,
    draw_states,
    expected_answers,
)
from airshield.plan.coverage.coalitions.game import CoverGame

__all__ = [
    "CoverGame",
    "ExpectedAnswer",
    "availability_of",
    "draw_states",
    "expected_answers",
]
