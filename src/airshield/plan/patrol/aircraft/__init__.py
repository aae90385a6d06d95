"""Aircraft on the ground: ready, in repair, being turned round, out of service.

Comes in: an aircraft that has landed, has been mended or turned round, or whose clock rings. Goes
out: its next state and the event that ends it, the time spent in each state, and how long a
fleet's alert was whole.

Repair follows a flight and waits for a dock where docks are counted; being *down* comes by a clock
of its own, and who is busy then goes down afterwards. Docks take aircraft as they come.
"""
