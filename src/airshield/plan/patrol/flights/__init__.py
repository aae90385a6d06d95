"""From the runway to the runway: take-off, landing, and take-offs that do not take place.

Comes in: an aircraft that is bound to a slot or to a call, or one that comes home. Goes out: the
event at the end of its way, or an aircraft that is lost, in repair, or away because its base is
shut. A movement keeps the runway; who waits for it in the air circles, which the flight's length
does not count.
"""
