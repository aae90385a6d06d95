"""When a warning is issued, told again and cancelled: the figures, and why each is what it is."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class WarnSettings:
    """Thresholds of the civil warning. Every figure must be positive.

    Attributes
    ----------
    lead_s : float
        Added to the warning time that a site needs: what it takes to pass the word on. Ukraine's
        air force reaches its emergency service in 8 to 15 s; a minute leaves room for a person.
    issue_updates : int
        Measured updates in a row that must say "approaching": one noisy velocity is not enough.
    cancel_s : float
        Seconds in a row that must say "turned away" before the all-clear.
    clear_m : float
        Turned away means a predicted pass farther than the site's radius plus this.
    update_s, update_share : float
        People are told again when the predicted instant of arrival moved by more than this, and
        by more than this share of the time left: a countdown that flickers is not believed.
    min_update_s : float
        Least time between two words about one warning, except that the aircraft has arrived.
    min_spd_mps : float
        Slower than this has no course worth predicting: a hovering drone or a balloon is warned
        about only once it is inside the radius.
    """

    lead_s: float = field(default=60.0, metadata={"what": "added to the warning time a site needs"})
    issue_updates: int = field(
        default=2, metadata={"what": "updates in a row that must say approaching"}
    )
    cancel_s: float = field(
        default=20.0, metadata={"what": "seconds in a row that must say turned away"}
    )
    clear_m: float = field(
        default=1500.0,
        metadata={"what": "turned away: the predicted pass misses the radius by this [m]"},
    )
    update_s: float = field(
        default=20.0, metadata={"what": "told again when the arrival moved by more than this [s]"}
    )
    update_share: float = field(
        default=0.2, metadata={"what": "and by more than this share of the time left"}
    )
    min_update_s: float = field(
        default=10.0, metadata={"what": "least time between two words about one warning"}
    )
    min_spd_mps: float = field(default=5.0, metadata={"what": "slower than this has no course"})
