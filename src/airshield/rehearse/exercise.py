"""The exercise: what the shield's radars would send, in the order they would send it."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import pyarrow as pa

from airshield.config import Shield
from airshield.errors import UsageError
from airshield.rehearse.antenna import Antenna, Plots
from airshield.rehearse.messages import SECTORS, plots_block, sector_block
from airshield.rehearse.scenario import Scenario, load_scenario
from airshield.rehearse.sky import Sky
from airshield.units import NS_PER_DAY, NS_PER_S

LATENCY_S: Final = 0.08
"""From the end of a sector to its datagram on the wire: a plot extractor's usual delay."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Datagram:
    """One UDP payload: a sector's plots (CAT048, if any) and the next sector's crossing (CAT034).

    ``t_ns`` is when it leaves, in nanoseconds UTC; ``radar`` is the radar's name.
    """

    t_ns: int
    radar: str
    octets: bytes


class Exercise:
    """A scenario flown over a shield, as its radars tell it.

    Everything is a function of the arguments: the same shield, scenario, seed and start give the
    same bytes, whichever window is asked for, in whatever order.

    Parameters
    ----------
    shield : Shield
        The radars, and the height of the geoid.
    seed : int
        Noise, luck and the small freedoms of the scenario. Not negative.
    t_start_ns : int
        Second 0 of the exercise, in nanoseconds UTC since 1970. The times of day in the messages
        are exercise time counted from it.
    scenario : Scenario, optional
        Who flies; ``exercise.toml`` in the shield's folder when not given.

    Raises
    ------
    MissingFileError, ShieldError
        There is no scenario, or it cannot be flown.
    UsageError
        A negative seed, or a shield without radars.
    """

    def __init__(
        self, shield: Shield, *, seed: int, t_start_ns: int, scenario: Scenario | None = None
    ) -> None:
        if seed < 0:
            raise UsageError(f"the seed must not be negative, got {seed}")
        if not shield.radars:
            raise UsageError(f"shield {shield.name} has no radar; add one to rehearse it")
        self.shield, self.seed, self.t_start_ns = shield, seed, t_start_ns
        chosen = scenario if scenario is not None else load_scenario(shield.folder)
        self.sky = Sky(chosen, geoid_height_m=shield.geoid_height_m, seed=seed)
        self.antennas = tuple(
            Antenna(radar, self.sky, seed=seed, number=number)
            for number, radar in enumerate(shield.radars)
        )
        self._day_s = (t_start_ns % NS_PER_DAY) / NS_PER_S

    def datagrams(self, t_from_s: float, t_to_s: float) -> Iterator[Datagram]:
        """Yield what is sent from ``t_from_s`` (included) to ``t_to_s`` (excluded), in time order.

        Parameters
        ----------
        t_from_s, t_to_s : float
            Seconds of the exercise, negative before its start. ``t_to_s`` may be infinite.
        """
        streams = [
            self._sent_by(antenna, number, t_from_s, t_to_s)
            for number, antenna in enumerate(self.antennas)
        ]
        for _, _, datagram in heapq.merge(*streams, key=lambda sent: sent[:2]):
            yield datagram

    def truth(self, t_s: float) -> pa.Table:
        """Return who is in the air at second ``t_s`` of the exercise (``tables.TRUTH``)."""
        return self.sky.truth(t_s, t_start_ns=self.t_start_ns)

    def _sent_by(
        self, antenna: Antenna, number: int, t_from_s: float, t_to_s: float
    ) -> Iterator[tuple[int, int, Datagram]]:
        radar = antenna.radar
        from_ns, to_ns = self._since_start_ns(t_from_s), self._since_start_ns(t_to_s)
        # The last sector of the turn before may still be under way.
        turn = antenna.turn_at(t_from_s - LATENCY_S) - 1
        while True:
            begin_s = antenna.begin_s(turn)
            if self._since_start_ns(begin_s) >= to_ns:
                return
            plots = antenna.plots(turn)
            of_sector = np.minimum(
                np.floor((plots.t_s - begin_s) / radar.turn_s * SECTORS), SECTORS - 1
            )
            for sector in range(SECTORS):
                end_s = begin_s + (sector + 1) * radar.turn_s / SECTORS
                sent_ns = self._since_start_ns(end_s + LATENCY_S)
                if sent_ns < from_ns:
                    continue
                if sent_ns >= to_ns:
                    return
                octets = plots_block(
                    radar,
                    _rows(plots, of_sector == sector),
                    self.sky.flights,
                    day_s=self._day_s,
                ) + sector_block(radar, (sector + 1) % SECTORS, t_s=end_s, day_s=self._day_s)
                t_ns = self.t_start_ns + int(sent_ns)
                yield t_ns, number, Datagram(t_ns=t_ns, radar=radar.name, octets=octets)
            turn += 1

    @staticmethod
    def _since_start_ns(t_s: float) -> float:
        return t_s if math.isinf(t_s) else round(t_s * NS_PER_S)


def _rows(plots: Plots, rows: np.ndarray) -> Plots:
    return Plots(**{name: getattr(plots, name)[rows] for name in Plots.__slots__})
