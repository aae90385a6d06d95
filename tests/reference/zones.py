"""Slow twins of the zone watch: shapely and plain Python, one row and one zone at a time."""

import math
from itertools import pairwise

import shapely

_A, _B = 6378137.0, 6356752.314245


def degree_lengths_m(lat_deg):
    """Metres per degree of longitude and of latitude, from the ellipse's half axes."""
    phi = math.radians(lat_deg)
    w = math.hypot(_A * math.cos(phi), _B * math.sin(phi))
    parallel = _A**2 * math.cos(phi) / w
    meridian = (_A * _B) ** 2 / w**3
    return math.radians(parallel), math.radians(meridian)


def signed_distance_m(area, lon_deg, lat_deg):
    """Distance to the border of a shapely area in degrees, positive inside."""
    kx, ky = degree_lengths_m(lat_deg)
    best = None
    for part in shapely.get_parts(area):
        for ring in (part.exterior, *part.interiors):
            places = list(ring.coords)
            for (x1, y1), (x2, y2) in pairwise(places):
                a = complex((x1 - lon_deg) * kx, (y1 - lat_deg) * ky)
                b = complex((x2 - lon_deg) * kx, (y2 - lat_deg) * ky)
                edge = b - a
                s = 0.0 if edge == 0 else -(a * edge.conjugate()).real / abs(edge) ** 2
                q = a + edge * min(1.0, max(0.0, s))
                if best is None or abs(q) < abs(best):
                    best = q
    dx, dy = best.real / kx, best.imag / ky
    kx, ky = degree_lengths_m(lat_deg + dy / 2)
    distance = math.hypot(dx * kx, dy * ky)
    return distance if area.contains(shapely.Point(lon_deg, lat_deg)) else -distance


def score(depth, sigma, tol, margin, settings):
    sure = settings.sure_sigmas * sigma + tol
    likely = settings.likely_sigmas * sigma + tol
    if depth > sure:
        return 3 if depth > 0 else -1
    if depth > 0:
        return 2 if depth > likely else 1
    if -depth > max(sure, margin):
        return -3
    return -2 if -depth > likely else -1


def above(limit, ground, geoid, row, settings):
    """Height above a limit, sigma, tolerance; None when no height is known."""
    baro, msl = row["baro"], row["msl"]
    if limit.datum == "baro":
        if baro is not None:
            return baro - limit.height_m, 0.0, settings.tol_baro_m
        if msl is not None:
            return msl - limit.height_m, math.sqrt(row["var_up"] or 0.0), settings.tol_qnh_m
        return None
    floor = {"amsl": 0.0, "agl": ground or 0.0, "hae": -geoid}[limit.datum] + limit.height_m
    if msl is not None:
        if row["var_up"] is None:
            return msl - floor, 0.0, settings.tol_qnh_m
        return msl - floor, math.sqrt(row["var_up"]), 0.0
    if baro is not None:
        return baro - floor, 0.0, settings.tol_qnh_m
    return None


def volume(zone, geoid, row, settings):
    """Score of a row in a zone's volume."""
    depth = signed_distance_m(zone.area, row["lon"], row["lat"])
    scores = [score(depth, row["sigma"], 0.0, settings.margin_m, settings)]
    for limit, sign in ((zone.floor, 1.0), (zone.ceiling, -1.0)):
        if limit is None:
            continue
        up = above(limit, zone.ground_msl_m, geoid, row, settings)
        if up is None:
            scores.append(-1 if zone.kind == "corridor" else 1)
        else:
            height, sigma, tol = up
            scores.append(score(sign * height, sigma, tol, settings.margin_up_m, settings))
    return min(scores), depth


class SlowWatch:
    """The life of affairs, as the essay of the room tells it."""

    def __init__(self, zones, geoid, settings, permitted):
        self.zones, self.geoid, self.settings, self.permitted = zones, geoid, settings, permitted
        self.open = {}
        self.count = 0

    def row(self, row):
        """Changes that one row causes: (incident, zone name, state, depth)."""
        changes = []
        for zone in self.zones:
            if zone.kind in {"corridor", "warning"}:
                continue
            affair = self.open.get((row["track"], zone.name))
            if affair is None and row["status"] != "confirmed":
                continue
            level, depth = volume(zone, self.geoid, row, self.settings)
            if zone.kind == "no_fly":
                for corridor in self.zones:
                    if corridor.kind == "corridor" and self.permitted(corridor, row):
                        level = min(level, -volume(corridor, self.geoid, row, self.settings)[0])
            permitted = self.permitted(zone, row)
            if affair is None:
                if level < 1 or permitted:
                    continue
                self.count += 1
                affair = {"id": self.count, "state": None, "in": [], "out": []}
                self.open[row["track"], zone.name] = affair
            state = self._next(affair, row, level, permitted)
            if state != affair["state"]:
                affair["state"] = state
                changes.append((affair["id"], zone.name, state, depth))
            if state == "ended":
                del self.open[row["track"], zone.name]
        return changes

    def _next(self, affair, row, level, permitted):
        if row["status"] == "ended" or permitted:
            return "ended"
        state = affair["state"] or "suspected"
        if row["status"] != "confirmed":
            return state
        for side, counts in (("in", level >= 2), ("out", level <= -2)):
            affair[side] = [*affair[side], row["t"]] if counts else []
        s = self.settings
        if level == -3 or _dwelt(affair["out"], s.end_updates, s.end_s):
            return "ended"
        if state == "suspected" and (
            level == 3 or _dwelt(affair["in"], s.confirm_updates, s.confirm_s)
        ):
            return "confirmed"
        return state


def _dwelt(times, updates, seconds):
    return len(times) >= updates and times[-1] - times[0] >= seconds
