"""Crews and hours: who may fly, and how much of the month is left.

Comes in: a flight that is planned, cancelled or over. Goes out: whether a crew has rested, and the
hours that crews and airframes of a fleet have flown in the month, counted for the fleet as a whole.
A flight is charged when it is planned; what it took longer or shorter is made good at its landing.
Crews rest in the order in which they came back.
"""
