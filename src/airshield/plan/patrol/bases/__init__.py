"""Bases: open or shut, their runway, their fuel; and spells that come and go.

Comes in: hours, weather, a movement, fuel drawn or given back. Goes out: whether somebody may take
off or land, when, and what lies there. A *spell* is weather over a base or a class being grounded,
exponential both ways. A stock fills at the day's rate up to what the base holds; who gives back
may fill it beyond that.
"""
