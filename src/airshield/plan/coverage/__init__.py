"""Coverage: what radars and receivers see, at which height, over whom.

``sight`` gives the lowest visible altitude over terrain; what a set detects, warning times and
networks stand beside it.
"""
