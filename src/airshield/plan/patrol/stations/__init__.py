"""Stations and their slots: who is there, who is wanted, and what a gap is put down to.

Comes in: an aircraft that arrives, fuel that ends, a station's hours. Goes out: for how long each
station was manned in full, for how long each slot was empty and for which reason, which slots are
*open* (somebody is wanted), and who turns home when.

A slot asks its tankers for fuel, and without that for a relief, as long before the end of a stay as
the longest way takes. Who has no relief in time leaves when its fuel says so, unless a tanker has
come meanwhile.
"""
