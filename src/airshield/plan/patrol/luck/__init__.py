"""Random numbers that depend on nobody else's.

Each owner (an aircraft, a fleet's alert, the weather of a base) has a key made of its name, the
seed and the replication; number ``n`` of its ``stream`` is a place in the splitmix64 sequence of
that key (Steele, Lea, Flood, OOPSLA 2014). Nothing is remembered between two draws, so who comes or
goes changes nobody's luck.
"""
