"""What is remembered of each address between messages, and the gates that a position must pass."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from airshield.errors import UsageError
from airshield.read.adsb import _kernels as k
from airshield.units import M_PER_NMI, NS_PER_S

_SLOTS_FIRST: Final = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Gates:
    """Settings of the decoder; times in seconds, distances in metres.

    The ages of pairs are those of DO-260B (2.2.10.3 and A.1.7); the others are choices, and
    ``docs/adsb.md`` says why.
    """

    trust_s: float = 60.0
    """An address that only the parity tells is believed so long after it announced itself."""
    forget_s: float = 3600.0
    """After such a silence nothing of an address is remembered."""
    pair_s: float = 10.0
    """Airborne even and odd messages this far apart make a pair."""
    pair_ground_fast_s: float = 25.0
    """The same on the ground, at more than 25 kt or an unknown speed."""
    pair_ground_slow_s: float = 50.0
    """The same on the ground, at 25 kt or less."""
    local_s: float = 60.0
    """So long the last accepted position resolves the next message by itself."""
    velocity_s: float = 5.0
    """A velocity this old still goes with a position; so do a vertical rate and an IDENT."""
    known_s: float = 60.0
    """A callsign, code, NACp or emergency this old still goes with a position."""
    refusals: int = 3
    """So many positions refused one after the other, and the last accepted one is given up."""
    spd_air_mps: float = 700.0
    """Nothing airborne is taken to be faster."""
    spd_ground_mps: float = 130.0
    """Nothing on the ground is taken to be faster."""
    dt_clock_s: float = 1.0
    """Times of two messages are taken to be this wrong at most."""
    rng_receiver_m: float = 400.0 * M_PER_NMI
    """No receiver hears an aircraft from further away (it must fly at 80,000 ft for that)."""
    rng_receiver_ground_m: float = 45.0 * M_PER_NMI
    """Half a cell of surface CPR: what is nearer can be placed from one message."""
    fix_one_bit: bool = False
    """Whether a DF17 or DF18 with one wrong bit is mended. Off: of random octets, one in 150,000
    can be mended, one in 16 million is right."""

    def __post_init__(self) -> None:
        furthest_m = self.spd_air_mps * (self.local_s + self.dt_clock_s)
        if furthest_m > 100.0 * M_PER_NMI:
            raise UsageError(
                f"in local_s = {self.local_s} s an aircraft gets {furthest_m / 1000.0:.0f} km far; "
                "beyond 180 NM one CPR message means several places: take less than 260 s"
            )

    def times_ns(self) -> NDArray[np.int64]:
        """Return the times and counts in the kernel's order."""
        out = np.zeros(k.N_GATES, np.int64)
        for index, seconds in (
            (k.G_TRUST_NS, self.trust_s),
            (k.G_FORGET_NS, self.forget_s),
            (k.G_PAIR_NS, self.pair_s),
            (k.G_PAIR_FAST_NS, self.pair_ground_fast_s),
            (k.G_PAIR_SLOW_NS, self.pair_ground_slow_s),
            (k.G_LOCAL_NS, self.local_s),
            (k.G_VELOCITY_NS, self.velocity_s),
            (k.G_KNOWN_NS, self.known_s),
        ):
            out[index] = round(seconds * NS_PER_S)
        out[k.G_REFUSALS] = self.refusals
        out[k.G_FIX_ONE_BIT] = self.fix_one_bit
        return out

    def limits(self, lat_deg: float | None, lon_deg: float | None) -> NDArray[np.float64]:
        """Return the distances and speeds in the kernel's order, with the receiver's place."""
        out = np.empty(k.N_LIMITS)
        out[k.L_SPEED_AIR] = self.spd_air_mps
        out[k.L_SPEED_GROUND] = self.spd_ground_mps
        out[k.L_CLOCK_S] = self.dt_clock_s
        out[k.L_RANGE_M] = self.rng_receiver_m
        out[k.L_RANGE_GROUND_M] = self.rng_receiver_ground_m
        known = lat_deg is not None and lon_deg is not None
        out[k.L_LAT] = lat_deg if known else np.nan
        out[k.L_LON] = lon_deg if known else np.nan
        return out


class Addresses:
    """A row for each address heard, found by hashing; grows, and drops those long silent."""

    def __init__(self, forget_s: float) -> None:
        self._forget_ns = round(forget_s * NS_PER_S)
        self.used = 0
        self._make(_SLOTS_FIRST)

    def _make(self, slots: int) -> None:
        self.table = np.full(2 * slots, -1, np.int32)
        self.memo = np.zeros((slots, k.N_MEMO), np.int64)
        self.place = np.zeros((slots, k.N_PLACE), np.float64)

    def make_room(self, t_ns: int) -> None:
        """Drop what is forgotten by ``t_ns``; take more room if that is not half of it.

        It is called at the message that needs the room, whatever the batch, so that what is
        dropped does not depend on batches.
        """
        kept = np.abs(t_ns - self.memo[: self.used, k.M_HEARD]) <= self._forget_ns
        slots = self.memo.shape[0]
        self._fill(
            self.memo[: self.used][kept],
            self.place[: self.used][kept],
            2 * slots if 2 * int(kept.sum()) > slots else slots,
        )

    def _fill(self, memo: NDArray[np.int64], place: NDArray[np.float64], slots: int) -> None:
        self.used = memo.shape[0]
        self._make(slots)
        self.memo[: self.used] = memo
        self.place[: self.used] = place
        k.enter_keys(self.table, self.memo, self.used)

    def snapshot(self) -> dict[str, NDArray[np.generic]]:
        """Return the state."""
        return {
            "slots": np.array([self.memo.shape[0]], np.int64),
            "memo": self.memo[: self.used].copy(),
            "place": self.place[: self.used].copy(),
        }

    def restore(self, state: Mapping[str, NDArray[np.generic]]) -> None:
        """Go on where a snapshot was taken."""
        memo = np.asarray(state["memo"], np.int64)
        place = np.asarray(state["place"], np.float64)
        self._fill(memo, place, int(state["slots"][0]))
