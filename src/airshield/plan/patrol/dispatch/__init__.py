"""Who is sent where, and why nobody.

Comes in: open slots, at any event that may have freed somebody. Goes out: an aircraft bound to a
slot, with its crew and its fuel, or the reason of what came nearest to it. First the station that
lacks the largest share; from the nearest base that can. Reasons are numbered by how far a fleet
came.
"""
