"""A tracker's answer to a made-up sky beside the truth, for the tracker's tests."""

from functools import cached_property

import numpy as np
import pyarrow as pa
from scipy.stats import chi2

from airshield.tables import TRACK
from airshield.track import Tracker, TrackSettings
from reference import track_skies as skies

SURE = ("confirmed", "coasting")


class Followed:
    """What a tracker made of reports.

    Attributes
    ----------
    tracks : pyarrow.Table
        All TRACK rows.
    to : ndarray
        The track that each report went to, 0 for none.
    dropped : dict
    tracker : Tracker
        As it stands after the last report.
    """

    def __init__(self, reports, radars, truth=None, **settings):
        self.tracker = Tracker(
            radars, geoid_height_m=skies.GEOID_M, settings=TrackSettings(**settings)
        )
        batch = self.tracker.feed(reports)
        self.tracks, self.to, self.dropped = batch.tracks, batch.track_of_report, batch.dropped
        self.truth = truth

    @cached_property
    def t(self):
        return skies.seconds_of(self.tracks)

    @cached_property
    def track(self):
        return self.tracks["track"].to_numpy()

    @cached_property
    def status(self):
        return self._words("status")

    @cached_property
    def basis(self):
        return self._words("height_basis")

    @cached_property
    def existence(self):
        return self.tracks["existence"].to_numpy()

    @cached_property
    def velocity(self):
        return np.column_stack(
            [self.tracks[name].to_numpy() for name in ("vel_east_mps", "vel_north_mps")]
        )

    def _words(self, name):
        column = self.tracks[name].combine_chunks()
        return np.array(column.dictionary.to_pylist(), object)[column.indices.to_numpy()]

    def rows(self, number, *, after_s=-np.inf, until_s=np.inf, statuses=SURE):
        """Rows of one track within some time, oldest first."""
        keep = (self.track == number) & (self.t >= after_s) & (self.t <= until_s)
        return np.flatnonzero(keep & np.isin(self.status, statuses))

    def owners(self, target):
        """Numbers of the tracks that took a target's plots, most plots first."""
        numbers, counts = np.unique(self.to[self.truth == target], return_counts=True)
        order = np.argsort(-counts, kind="stable")
        return numbers[order][numbers[order] > 0]

    def owner(self, target):
        return int(self.owners(target)[0])

    def share(self, target):
        """Share of a target's plots that its main track took."""
        return float((self.to[self.truth == target] == self.owner(target)).mean())

    def errors(self, target_at, number, **when):
        """East, north, up errors [m] and covariances of a track's rows against a target."""
        return skies.errors(self.tracks, self.rows(number, **when), target_at)

    def last_errors(self, targets, at_s):
        """The same for the last row of every target's track before a time."""
        found = []
        for k, target in enumerate(targets):
            rows = self.rows(self.owner(k), until_s=at_s)[-1:]
            found.append(skies.errors(self.tracks, rows, target))
        return np.concatenate([e for e, _ in found]), np.concatenate([c for _, c in found])

    def last_nees(self, targets, at_s):
        """Normalised squared horizontal error of each target's track at a time; mean 2 if true."""
        error, cov = self.last_errors(targets, at_s)
        return nees(error[:, :2], cov[:, :2, :2])

    def states(self):
        """Last row of every track: number to time, place [deg], speeds and variances."""
        last = {int(n): i for i, n in enumerate(self.track)}
        rows = np.array(list(last.values()), int)
        names = ("lat_deg", "lon_deg", "vel_east_mps", "vel_north_mps")
        table = np.column_stack([self.t, *(self.tracks[n].to_numpy() for n in names)])
        return {n: table[i] for n, i in zip(last, rows, strict=True)}


def nees(error, cov):
    return np.einsum("ni,ni->n", error, np.linalg.solve(cov, error[:, :, None])[:, :, 0])


def chi2_bounds(n, degrees, p=1e-4):
    """Between which means of ``n`` true chi-squares lie but for ``2 p``."""
    return chi2.ppf(p, n * degrees) / n, chi2.ppf(1.0 - p, n * degrees) / n


def without_frame(tracks):
    return tracks.remove_column(TRACK.get_field_index("frame"))


def joined(parts):
    return pa.concat_tables(parts).unify_dictionaries().combine_chunks()


def fleet(rng, n, *, nearest_m=25e3, furthest_m=140e3, lowest_m=1000.0, highest_m=11e3, **more):
    """Targets all round, far enough apart never to meet; what is callable is drawn for each."""
    for k in range(n):
        azm, dist = np.radians(360.0 * k / n), rng.uniform(nearest_m, furthest_m)
        own = {
            "course_deg": rng.uniform(0, 360),
            "spd_mps": rng.uniform(80, 240),
            "hae_m": rng.uniform(lowest_m, highest_m),
            "mode_s": 1000 + k,
        }
        own.update({name: v(rng) if callable(v) else v for name, v in more.items()})
        yield skies.Target(dist * np.sin(azm), dist * np.cos(azm), **own)
