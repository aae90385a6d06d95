"""Who is sent where, and why nobody.

Comes in: open slots, at any event that may have freed somebody. Goes out: an aircraft bound to a
slot, with its crew and its fuel, or the reason of what came nearest to it. First the station that
lacks the largest share; from the nearest base that can. Reasons are numbered by how far a fleet
came.

Asking every fleet for every open station at every event took nearly all the time of a large plan
that is short. What keeps a *whole fleet* from sending anybody (it is not there, shut in, flying, on
alert, its crews rest, its hours suffice for no flight) is therefore kept until one of its aircraft
changes its state, a base or a class comes free, or a crew has rested. Stations that the same fleets
reach look at them together: where none has anybody, all that may change is the reason. A station is
tried anew when a slot of it was opened, a fleet has somebody, or its hours may end first; what
depends on the single flight is asked at every event as before.
"""
