"""Plan: what a shield's sensors and means are worth before anything flies.

Rooms inside: ``coverage`` (what the sensors see), ``siting`` (where the next one should stand).
"""
