"""What the system says of its sensors (CAT063) and of itself (CAT065).

EUROCONTROL-SPEC-0149-10, edition 1.7, and EUROCONTROL-SPEC-0149-15, edition 1.6.
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from airshield.errors import UsageError
from airshield.share.records import F8, Records
from airshield.share.system_tracks import System
from airshield.tables import SENSOR_STATES
from airshield.units import M_PER_NMI

MS_PER_S: Final = 1000.0

_SENSOR: Final = re.compile(r"(\d{1,3})/(\d{1,3})")
_CON: Final = {"operational": 0, "degraded": 1, "initialising": 2, "not_operational": 3, "test": 0}
"""I063/060/CON; a sensor under test works, and its use is inhibited (OPS)."""
_NOGO: Final = {"operational": 0, "degraded": 1, "not_operational": 2, None: 3}
"""I065/040/NOGO."""
SERVICE_REPORTS: Final = range(1, 17)
"""Codes of I065/050."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SensorState:
    """What the system knows of one of its sensors at a moment; None is unknown.

    Attributes
    ----------
    sensor : str
        'SAC/SIC' in decimals.
    t_ns : int
        UTC in nanoseconds since 1970.
    state : str or None
        One of tables.SENSOR_STATES.
    is_overloaded, is_time_valid, is_silent : bool or None
        Its processor leaves data out; its clock is synchronised; no plots come from it.
    dt_bias_s : float or None
        What its time stamps are ahead.
    ssr_rng_gain, ssr_rng_bias_m, ssr_azm_bias_deg : float or None
        Registration of its secondary radar. True range is (measured - bias) / (1 + gain), true
        azimuth is measured - bias. Gain and bias of the range are one item: give both, and 0.0 for
        one that is no part of the model.
    psr_rng_gain, psr_rng_bias_m, psr_azm_bias_deg, psr_elv_bias_deg : float or None
        The same of its primary radar, and of its elevation.
    """

    sensor: str
    t_ns: int
    state: str | None = None
    is_overloaded: bool | None = None
    is_time_valid: bool | None = None
    is_silent: bool | None = None
    dt_bias_s: float | None = None
    ssr_rng_gain: float | None = None
    ssr_rng_bias_m: float | None = None
    ssr_azm_bias_deg: float | None = None
    psr_rng_gain: float | None = None
    psr_rng_bias_m: float | None = None
    psr_azm_bias_deg: float | None = None
    psr_elv_bias_deg: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemState:
    """What the system says of itself at a moment: an SDPS status.

    Attributes
    ----------
    t_ns : int
        UTC in nanoseconds since 1970.
    state : str or None
        ``operational``, ``degraded``, ``not_operational``, or None for unknown.
    is_overloaded, is_time_valid : bool or None
        It leaves data out; its clock is synchronised.
    is_renumbered : bool
        I062/040 begins anew: a bit that changes its value each time that happens (I065/040/STTN).
    """

    t_ns: int
    state: str | None = None
    is_overloaded: bool | None = None
    is_time_valid: bool | None = None
    is_renumbered: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceReport:
    """Something that happened to the service: a service status report.

    Attributes
    ----------
    t_ns : int
        UTC in nanoseconds since 1970.
    report : int
        Code of I065/050, 1 to 16: 1 the service is degraded, 2 no longer, 4 interrupted by the
        operator, 5 interrupted by a contingency, 7 ended, 9 restarted; docs/share.md has all.
    """

    t_ns: int
    report: int


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchEnd:
    """All tracks of a batch have been sent: the writer's own word, at the batch's end."""

    t_ns: int


Message = SensorState | SystemState | ServiceReport

_MESSAGE_TYPES: Final = {SystemState: 1, BatchEnd: 2, ServiceReport: 3}
"""I065/000."""


def check_message(message: object) -> None:
    """Refuse what no item has a word for.

    Raises
    ------
    UsageError
        A state or report that there is not, or something else altogether.
    """
    if not isinstance(message, Message):
        raise UsageError(
            f"{type(message).__name__}: only states of sensors and of the system and reports on "
            "its service, are told"
        )
    if isinstance(message, ServiceReport):
        if message.report not in SERVICE_REPORTS:
            raise UsageError(f"report {message.report!r}: I065/050 has 1 to 16")
        return
    known = SENSOR_STATES if isinstance(message, SensorState) else tuple(filter(None, _NOGO))
    if message.state is not None and message.state not in known:
        raise UsageError(f"state {message.state!r}: one of {', '.join(known)}, or None")


def code_of(sensor: str) -> tuple[int, int] | None:
    """Return SAC and SIC of a sensor's name; None where it is named otherwise.

    >>> code_of("20/129"), code_of("opensky")
    ((20, 129), None)
    """
    parts = _SENSOR.fullmatch(sensor)
    if parts is None or int(parts[1]) > 255 or int(parts[2]) > 255:
        return None
    return int(parts[1]), int(parts[2])


def sensor_records(states: Sequence[SensorState], system: System) -> Records:
    """Put the states of sensors, all of which have a SAC/SIC, into the items of CAT063."""
    out = Records(63, len(states))
    out.put("i010_sac", system.sac)
    out.put("i010_sic", system.sic)
    out.put("i015", system.service)
    out.put_time("i030_s", np.array([state.t_ns for state in states], np.int64))
    pairs = np.array([code_of(state.sensor) for state in states], np.uint8)
    out.put("i050_sac", pairs[:, 0])
    out.put("i050_sic", pairs[:, 1])
    _put_states(out, states)

    out.measure("I063/070", {"i070_ms": _figures(states, "dt_bias_s") * MS_PER_S})
    for radar, item, gain, bias, azimuth in (
        ("ssr", "I063/080", "i080_srg", "i080_srb_nmi", "i081_deg"),
        ("psr", "I063/090", "i090_prg", "i090_prb_nmi", "i091_deg"),
    ):
        gains = _figures(states, f"{radar}_rng_gain")
        biases_nmi = _figures(states, f"{radar}_rng_bias_m") / M_PER_NMI
        is_half = np.isnan(gains) ^ np.isnan(biases_nmi)
        out.leave_out(f"{item}: half of range gain and bias is unknown", is_half)
        out.measure(item, {gain: gains, bias: biases_nmi})
        turned = {azimuth: _figures(states, f"{radar}_azm_bias_deg")}
        out.measure(f"I063/{azimuth[1:4]}", turned)
    out.measure("I063/092", {"i092_deg": _figures(states, "psr_elv_bias_deg")})
    return out


def _put_states(out: Records, states: Sequence[SensorState]) -> None:
    """Put I063/060, whose first octet says that a sensor works unless it says otherwise."""
    known = np.array([state.state is not None for state in states], np.bool_)
    more = np.array([_says_more(state) for state in states], np.bool_)
    out.leave_out("I063/060: the sensor's state is unknown", more & ~known)
    if known.any():
        con = [_CON.get(state.state or "", 0) for state in states]
        out.put("i060_con", np.array(con, np.uint8), known)
    for name, bits in (
        ("i060_ops", [state.state == "test" for state in states]),
        ("i060_odp", [state.is_overloaded is True for state in states]),
        ("i060_tsv", [state.is_time_valid is False for state in states]),
        ("i060_npw", [state.is_silent is True for state in states]),
    ):
        out.put(name, np.array(bits, np.uint8), known & more)


def _says_more(state: SensorState) -> bool:
    said = (state.is_overloaded, state.is_time_valid, state.is_silent)
    return state.state == "test" or any(value is not None for value in said)


def _figures(states: Sequence[SensorState], name: str) -> F8:
    values = [getattr(state, name) for state in states]
    return np.array([math.nan if value is None else value for value in values], np.float64)


def system_records(
    messages: Sequence[SystemState | ServiceReport | BatchEnd], system: System
) -> Records:
    """Put what the system says of itself into the items of CAT065."""
    out = Records(65, len(messages))
    out.put("i010_sac", system.sac)
    out.put("i010_sic", system.sic)
    out.put("i000", np.array([_MESSAGE_TYPES[type(m)] for m in messages], np.uint8))
    out.put("i015", system.service)
    out.put_time("i030_s", np.array([m.t_ns for m in messages], np.int64))
    is_end = np.array([isinstance(m, BatchEnd) for m in messages], np.bool_)
    # A cycle of this system has one batch, and batches of a cycle count from 0.
    out.put("i020", np.zeros(out.rows, np.uint8), is_end)
    states = [m if isinstance(m, SystemState) else None for m in messages]
    is_state = np.array([state is not None for state in states], np.bool_)
    for name, bits in (
        ("i040_nogo", [_NOGO[state.state] if state else 0 for state in states]),
        ("i040_ovl", [state is not None and state.is_overloaded is True for state in states]),
        ("i040_tsv", [state is not None and state.is_time_valid is False for state in states]),
        ("i040_sttn", [state is not None and state.is_renumbered for state in states]),
    ):
        out.put(name, np.array(bits, np.uint8), is_state)
    reports = [m.report if isinstance(m, ServiceReport) else 0 for m in messages]
    out.put("i050", np.array(reports, np.uint8), ~(is_end | is_state))
    return out
