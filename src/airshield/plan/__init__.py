"""Whether a shield holds: what its sensors see, for how long it lasts, on whom it depends.

Planners get plain arrays and frozen dataclasses and give tables; files are ``config``'s business.
Rooms inside: ``coverage`` (what the sensors see), ``siting`` (where the next one should stand),
``patrol`` (whether stations can be kept manned), ``roster`` (who flies when, how few can do it),
``response`` (how soon somebody is there to identify), ``logistics`` (what supply brings, how long
stocks last), ``dependence`` (on whom it depends).
"""
