"""Settings in, REGISTRATION rows out, and what they say in words."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from airshield.errors import UsageError
from airshield.tables import REGISTRATION, empty, make_table
from airshield.track.registration import _kernels
from airshield.track.registration.state import BIAS, BIAS_CONFIG
from airshield.units import NS_PER_S

HOUR_S: Final = 3600.0

ALARM_S: Final = 120.0
"""How long a row says that there is an alarm: what a busy radar needs to be known again."""


_SAID: Final = (
    ("range", "rng_bias_m", ".0f", " m"),
    ("azimuth", "azm_bias_deg", ".3f", "°"),
    ("time", "t_bias_s", ".3f", " s"),
    ("elevation", "elv_bias_deg", ".2f", "°"),
)
"""Biases that are told in words, how finely, and their unit. The gain is for programs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RegistrationSettings:
    """The constants of registration.

    Attributes
    ----------
    sigma_rng_m, sigma_gain, sigma_azm_deg, sigma_t_s, sigma_elv_deg : float
        One sigma of each bias before anything is known. Operational radars show tens of metres
        and a tenth of a degree; the gain holds the slow-down of waves in air too, 3e-4 near the
        ground.
    drift_rng_m, drift_gain, drift_azm_deg, drift_t_s, drift_elv_deg : float
        One sigma by which each drifts in an hour.
    stay_s : float
        Correlation time of a reference's error: GPS errors (ionosphere, multipath) and the error
        of a pressure altitude last for minutes.
    sigma_latency_s : float
        Spread of the aircraft's own errors of time. 14 CFR 91.227 allows 0.6 s that are not made
        up for, most keep to a tenth of it. What all have in common is taken for the radars'.
    forget_s : float
        Memory of the pairs.
    gate : float
        Squared normalised distance beyond which a residual is a wrong pair: 99.9 % of two.
    clip_sigmas : float
        Beyond, a residual counts less (Huber).
    slack_sigmas, limit_sigmas : float
        A jump's sum rises by what each residual's score exceeds the slack, and alarms at the limit.
        By Siegmund's approximation 15 gives one false alarm in ten million residuals, and a jump of
        one sigma of the residual is found within 30.
    """

    sigma_rng_m: float = 60.0
    sigma_gain: float = 3e-4
    sigma_azm_deg: float = 0.2
    sigma_t_s: float = 0.1
    sigma_elv_deg: float = 0.3
    drift_rng_m: float = 5.0
    drift_gain: float = 3e-5
    drift_azm_deg: float = 0.01
    drift_t_s: float = 0.005
    drift_elv_deg: float = 0.02
    stay_s: float = 300.0
    sigma_latency_s: float = 0.03
    forget_s: float = 1800.0
    gate: float = 13.8
    clip_sigmas: float = 2.5
    slack_sigmas: float = 0.5
    limit_sigmas: float = 15.0


def config_record(settings: RegistrationSettings) -> Any:
    """Return the settings as the kernels want them: BIAS_CONFIG, shape (1,).

    Raises
    ------
    UsageError
        A figure that is not above zero.
    """
    for name in settings.__slots__:
        value = getattr(settings, name)
        if not (math.isfinite(value) and value > 0.0):
            raise UsageError(f"{name} must be a number above zero, got {value!r}")
    config: Any = np.zeros(1, BIAS_CONFIG).view(np.recarray)
    sigma = [
        settings.sigma_rng_m,
        settings.sigma_gain,
        math.radians(settings.sigma_azm_deg),
        settings.sigma_t_s,
    ]
    drift = [
        settings.drift_rng_m,
        settings.drift_gain,
        math.radians(settings.drift_azm_deg),
        settings.drift_t_s,
    ]
    config.var0 = np.square(sigma)
    config.var_elv0 = math.radians(settings.sigma_elv_deg) ** 2
    config.drift = np.square(drift) / HOUR_S
    config.drift_elv = math.radians(settings.drift_elv_deg) ** 2 / HOUR_S
    config.stay_s = settings.stay_s
    config.var_latency_s2 = settings.sigma_latency_s**2
    config.forget_s = settings.forget_s
    config.gate = settings.gate
    config.cut = settings.clip_sigmas
    config.slack = settings.slack_sigmas
    config.limit = settings.limit_sigmas
    return config


def start_biases(radars: int, config: Any) -> Any:
    """Return BIAS records of radars of which nothing is known, shape (radars,)."""
    biases: Any = np.zeros(radars, BIAS).view(np.recarray)
    for i in range(radars):
        _kernels.start_bias(biases[i], config[0])
    return biases


def registration_table(biases: Any, *, sensors: Sequence[str], t_s: float, t0_ns: int) -> pa.Table:
    """Tell what is known of each radar's biases.

    Parameters
    ----------
    biases : ndarray of BIAS, shape (radars,)
    sensors : sequence of str
        Their names, 'SAC/SIC'.
    t_s : float
        Now, seconds after the second zero of the records.
    t0_ns : int
        That second zero, UTC.

    Returns
    -------
    pyarrow.Table
        REGISTRATION rows, one for each radar. A bias of which nothing is known is null; its sigma
        is what the settings say then. Elevation is null, sigma too, until a radar has measured one.
    """
    t = np.full(biases.size, t_s)
    return _table(biases.view(np.recarray), sensors=sensors, t_s=t, t0_ns=t0_ns)


def registration_tables(
    told: Sequence[tuple[float, Any]], *, sensors: Sequence[str], t0_ns: int
) -> pa.Table:
    """Join the rows of :func:`registration_table` of several moments: (now, biases) each."""
    if not told:
        return empty(REGISTRATION)
    return _table(
        np.concatenate([biases for _, biases in told]).view(np.recarray),
        sensors=list(sensors) * len(told),
        t_s=np.repeat([t_s for t_s, _ in told], len(sensors)),
        t0_ns=t0_ns,
    )


def _table(biases: Any, *, sensors: Sequence[str], t_s: NDArray[Any], t0_ns: int) -> pa.Table:
    known = (biases.references > 0) | (biases.pairs > 0)
    has_elv = biases.elevations > 0
    b = np.where(known[:, None], biases.b, np.nan)
    sigma = np.sqrt(np.einsum("nii->ni", biases.B))
    alarmed = biases.alarms > 0
    t_alarm_s = np.where(alarmed, biases.t_alarm, 0.0)
    return make_table(
        REGISTRATION,
        {
            "t": t0_ns + np.round(t_s * NS_PER_S).astype(np.int64),
            "sensor": list(sensors),
            "rng_bias_m": b[:, 0],
            "sigma_rng_bias_m": sigma[:, 0],
            "rng_gain_ppm": 1e6 * b[:, 1],
            "sigma_rng_gain_ppm": 1e6 * sigma[:, 1],
            "azm_bias_deg": np.degrees(b[:, 2]),
            "sigma_azm_bias_deg": np.degrees(sigma[:, 2]),
            "t_bias_s": b[:, 3],
            "sigma_t_bias_s": sigma[:, 3],
            "elv_bias_deg": np.degrees(np.where(has_elv, biases.elv, np.nan)),
            "sigma_elv_bias_deg": np.degrees(np.sqrt(np.where(has_elv, biases.var_elv, np.nan))),
            "references": biases.references.astype(np.uint64),
            "pairs": biases.pairs.astype(np.uint64),
            "odd": biases.odd.astype(np.uint64),
            "alarms": biases.alarms.astype(np.uint64),
            "t_alarm": pa.array(
                t0_ns + np.round(t_alarm_s * NS_PER_S).astype(np.int64), mask=~alarmed
            ),
            "is_alarmed": alarmed & (t_s - t_alarm_s < ALARM_S),
        },
        rows=biases.size,
    )


def known_radars(registration: pa.Table) -> list[dict[str, Any]]:
    """Return REGISTRATION rows as JSON-able objects, those of radars of which something is known.

    Names and units are the table's, times ISO 8601, unknown is None.
    """
    rows = registration.filter(pc.is_valid(registration["rng_bias_m"]))
    for i, field in enumerate(rows.schema):
        if pa.types.is_timestamp(field.type):
            text = pc.strftime(rows.column(i), format="%Y-%m-%dT%H:%M:%SZ")
            rows = rows.set_column(i, field.name, text)
    known: list[dict[str, Any]] = rows.to_pylist()
    return known


def bias_in_words(row: Mapping[str, Any]) -> str:
    """Say what a row of :func:`known_radars` holds: 'range +12 ± 3 m, azimuth ...'."""
    return ", ".join(
        f"{name} {row[column]:+{form}} ± {row[f'sigma_{column}']:{form}}{unit}"
        for name, column, form, unit in _SAID
        if row[column] is not None
    )


class AlarmLog:
    """Tells each alarm once, and once that it is over."""

    def __init__(self) -> None:
        self._alarms: dict[str, int] = {}
        self._alarmed: set[str] = set()

    def to_array(self) -> NDArray[np.uint8]:
        """Return what has been told as octets, for a snapshot."""
        told = {"alarms": self._alarms, "alarmed": sorted(self._alarmed)}
        return np.frombuffer(json.dumps(told).encode(), np.uint8)

    @classmethod
    def from_array(cls, octets: NDArray[Any]) -> AlarmLog:
        """Go on where a snapshot was taken."""
        told = json.loads(octets.tobytes())
        log = cls()
        log._alarms, log._alarmed = told["alarms"], set(told["alarmed"])
        return log

    def feed(self, registration: pa.Table) -> list[str]:
        """Take REGISTRATION rows in order of time; return what there is to say, a line each."""
        if not pc.any(pc.greater(registration["alarms"], 0)).as_py():
            return []
        lines = []
        for row in known_radars(registration):
            sensor, alarms = row["sensor"], row["alarms"]
            if alarms > self._alarms.get(sensor, 0):
                lines.append(
                    f"radar {sensor}: a bias jumped, noticed at {_to_second(row['t_alarm'])} "
                    f"(alarm {alarms}); it is being learned anew, so far {bias_in_words(row)}"
                )
            elif sensor in self._alarmed and not row["is_alarmed"]:
                lines.append(
                    f"radar {sensor}: learned anew by {_to_second(row['t'])}: {bias_in_words(row)}"
                )
            self._alarms[sensor] = alarms
            (self._alarmed.add if row["is_alarmed"] else self._alarmed.discard)(sensor)
        return lines


def _to_second(iso: str) -> str:
    return f"{iso[:19]}Z"
