"""Slow twin of the ASTERIX report reader: libasterix reads, then one record after the other."""

import math
from collections import Counter

from airshield.tables import ReportFlag
from reference import asterix_oracle, day_clock, geo

NS = 10**9
DAY_NS = day_clock.DAY_NS
TIMES = {
    1: ("i141_s",),
    2: ("i030_s",),
    10: ("i140_s",),
    19: ("i140_s",),
    20: ("i140_s",),
    21: ("i071_s", "i073_s", "i030_s", "i077_s", "i075_s", "i072_s"),
    23: ("i070_s",),
    25: ("i070_s",),
    34: ("i030_s",),
    48: ("i140_s",),
    62: ("i070_s",),
    63: ("i030_s",),
    65: ("i030_s",),
}
NM, FT, FL = 1852.0, 0.3048, 30.48
DISTRESS = {0o7500, 0o7600, 0o7700}
EPU_M = {1: 10 * NM, 2: 4 * NM, 3: 2 * NM, 4: NM, 5: NM / 2, 6: 0.3 * NM, 7: 0.1 * NM, 8: 0.05 * NM}
EPU_M |= {9: 30.0, 10: 10.0, 11: 3.0}
NUCP_M = {1: 10 * NM, 2: 5 * NM, 3: NM, 4: NM / 2, 5: NM / 4, 6: 0.1 * NM, 7: 0.05 * NM}
NUCP_M |= {8: 10.0, 9: 3.0}


def whole_tod(truncated_ns, reference_ns):
    """Try every whole 512 s of a day; the nearest round the day, of two the earlier."""
    choices = [truncated_ns + k * 512 * NS for k in range(169)]
    half = DAY_NS // 2

    def away(choice):
        return (choice - reference_ns + half) % DAY_NS - half

    return min((c for c in choices if c < DAY_NS), key=lambda c: (abs(away(c)), away(c)))


class Reader:
    """Reads frames in order and keeps what it has heard in plain dictionaries."""

    def __init__(self, editions):
        self.editions = editions
        self.last_ns = None
        self.radar_clock = {}
        self.reference = {}
        self.reports, self.status = [], []
        self.unused, self.rejected = Counter(), []

    def feed(self, number, heard_ns, octets):
        """Read one frame of whole blocks."""
        while octets:
            size = int.from_bytes(octets[1:3], "big")
            block, octets = octets[:size], octets[size:]
            if block[0] in TIMES:
                self._block(number, heard_ns, block)

    def _block(self, number, heard_ns, block):
        category = block[0]
        before = {}
        for record in asterix_oracle.records_of(category, self.editions[category], block):
            if category == 1:
                for name in ("i010_sac", "i010_sic", "i141_s"):
                    before[name] = record.setdefault(name, before.get(name))
            self._record(number, heard_ns, category, record)

    def _record(self, number, heard_ns, category, r):
        sac, sic = r.get("i010_sac"), r.get("i010_sic")
        if category == 63:
            sac, sic = r.get("i050_sac"), r.get("i050_sic")
        sensor = None if None in (sac, sic) else f"{sac}/{sic}"
        tod_s = next((r[n] for n in TIMES[category] if r.get(n) is not None), None)
        wrong = set()
        tod_ns = None if tod_s is None else round(tod_s * NS)
        if category == 1 and tod_ns is not None:
            tod_ns = self._completed(tod_ns, sensor, heard_ns)
            if tod_ns is None:
                wrong.add("a truncated time of day that nothing completes")
        if tod_ns is not None and tod_ns >= DAY_NS:
            wrong.add("a time of day past the end of the day")
        elif category == 2 and tod_ns is not None and sensor is not None:
            self.radar_clock[sensor] = (tod_ns, heard_ns)
        t_ns = self._time(None if wrong else tod_ns, heard_ns)
        if t_ns is None and not wrong:
            wrong.add("no time of day, and none heard before it")
        base = {"t": t_ns, "t_heard": heard_ns, "sensor": sensor, "frame": number}

        status = STATUS.get(category, lambda r: None)(r)
        report, why = REPORTS.get(category, lambda r: ({}, "service message"))(r)
        if category in (19, 25, 34):
            self._learn(category, sensor, r)
        if why is None and report.get("plane") is not None:
            place = self._on_earth(sensor, report.pop("plane"))
            if place is None:
                why = "a place from a point that is not told"
            else:
                report["lat_deg"], report["lon_deg"] = place
        if why is None and sensor is None:
            why = "no data source"
        lat, lon = report.get("lat_deg"), report.get("lon_deg")
        if lat is not None and abs(lat) > 90:
            wrong.add("a latitude beyond 90 degrees")
        if lon is not None and abs(lon) > 180:
            wrong.add("a longitude beyond 180 degrees")
        if wrong:
            self.rejected.append((number, wrong))
            return
        if status is not None and sensor is not None:
            self.status.append({**base, **status})
        if why is not None:
            self.unused[f"{category:03d}: {why}"] += 1
        else:
            self.reports.append({**base, **report})

    def _completed(self, tod_ns, sensor, heard_ns):
        if sensor in self.radar_clock:
            told_ns, then_ns = self.radar_clock[sensor]
            passed = 0 if None in (then_ns, heard_ns) else heard_ns - then_ns
            return whole_tod(tod_ns, (told_ns + passed) % DAY_NS)
        return None if heard_ns is None else whole_tod(tod_ns, heard_ns % DAY_NS)

    def _time(self, tod_ns, heard_ns):
        reference = self.last_ns if heard_ns is None else heard_ns
        if reference is None:
            return None
        self.last_ns = reference if tod_ns is None else day_clock.nearest(tod_ns, reference)
        return self.last_ns

    def _learn(self, category, sensor, r):
        item = "i120" if category == 34 else "i600"
        lat, lon = r.get(f"{item}_lat_deg"), r.get(f"{item}_lon_deg")
        if sensor is None or lat is None or abs(lat) > 90 or abs(lon) > 180:
            return
        height = r.get("i120_hgt_m") if category == 34 else r.get("i610_m")
        if category == 19 and height is not None:
            height += r.get("i620_m") or 0.0
        self.reference[sensor] = (lat, lon, height or 0.0)

    def _on_earth(self, sensor, plane):
        if sensor not in self.reference:
            return None
        east, north, up = plane
        lat, lon, hae = self.reference[sensor]
        lat, lon = math.radians(lat), math.radians(lon)
        if up is None:
            return along_the_ground(lat, lon, east, north)
        x, y, z = geo.ecef_of_place(lat, lon, hae)
        out = math.cos(lat) * up - math.sin(lat) * north
        z += math.sin(lat) * up + math.cos(lat) * north
        x += out * math.cos(lon) - east * math.sin(lon)
        y += out * math.sin(lon) + east * math.cos(lon)
        lat, lon, _ = geo.place_of_ecef(x, y, z)
        return math.degrees(lat), within(math.degrees(lon))


def along_the_ground(lat, lon, east, north):
    """Walk the geodesic in space, r'' = -(v H v) g / |g|^2 with g = H r, by Runge and Kutta."""
    apart = math.hypot(east, north)
    arc = 2 * 6_371_008.8 * math.atan(apart / (2 * 6_371_008.8))
    r = geo.ecef_of_place(lat, lon, 0.0)
    if apart == 0.0:
        return math.degrees(lat), within(math.degrees(lon))
    e, n = east / apart, north / apart
    v = (
        -e * math.sin(lon) - n * math.sin(lat) * math.cos(lon),
        e * math.cos(lon) - n * math.sin(lat) * math.sin(lon),
        n * math.cos(lat),
    )
    a, f = 6_378_137.0, 1 / 298.257223563
    shape = (1 / a**2, 1 / a**2, 1 / (a * (1 - f)) ** 2)

    def slope(state):
        g = [h * x for h, x in zip(shape, state[:3], strict=True)]
        bend = sum(h * u * u for h, u in zip(shape, state[3:], strict=True))
        bend /= sum(x * x for x in g)
        return [*state[3:], *(-bend * x for x in g)]

    def moved(state, rate, ds):
        return [x + ds * k for x, k in zip(state, rate, strict=True)]

    steps = 100
    ds, state = arc / steps, [*r, *v]
    for _ in range(steps):
        one = slope(state)
        two = slope(moved(state, one, ds / 2))
        three = slope(moved(state, two, ds / 2))
        four = slope(moved(state, three, ds))
        sums = (p + 2 * q + 2 * s + t for p, q, s, t in zip(one, two, three, four, strict=True))
        state = moved(state, list(sums), ds / 6)
    lat, lon, _ = geo.place_of_ecef(*state[:3])
    return math.degrees(lat), within(math.degrees(lon))


def within(lon):
    return -180.0 if lon == 180.0 else lon


def times(value, factor):
    return None if value is None else value * factor


def text(value):
    return (value or "").strip(" @") or None


def code(r, v, g, name):
    if r.get(v) != 0 or r.get(g) != 0 or r.get(name) is None:
        return None
    return int(r[name], 8)


def level(r, name):
    good = r.get("i090_v") == 0 and r.get("i090_g") == 0
    return times(r.get(name), FL) if good else None


def address(value):
    return value or None


def flags(**said):
    return int(sum(ReportFlag[name.upper()] for name, holds in said.items() if holds))


def rms(x, y):
    return None if x is None or y is None else math.sqrt((x * x + y * y) / 2)


def along(speed, angle):
    if speed is None or angle is None:
        return None, None
    return speed * math.sin(math.radians(angle)), speed * math.cos(math.radians(angle))


def place_of(r, lat, lon):
    return r.get(lat), None if r.get(lon) is None else within(r[lon])


def plane_of(r, height):
    x, y = r.get("i042_x_m"), r.get("i042_y_m")
    return None if x is None else (x, y, times(r.get(height), FT) or 0.0)


def calculated(r):
    """What x and y of a radar's own track give: REPORT columns, or None without them."""
    x, y = times(r.get("i042_x_nmi"), NM), times(r.get("i042_y_nmi"), NM)
    if x is None:
        return None
    sx, sy = times(r.get("i210_sigx_nmi"), NM), times(r.get("i210_sigy_nmi"), NM)
    if r.get("i170_tcc") == 1:
        return {"kind": "track", "plane": (x, y, None), "sigma_pos_m": rms(sx, sy)}
    angle = math.atan2(x, y)
    row = {
        "kind": "track",
        "rng_slant_m": math.hypot(x, y),
        "azm_true_deg": math.degrees(angle) % 360.0,
    }
    if sx is not None and (x or y):
        s, c = math.sin(angle), math.cos(angle)
        row["sigma_rng_m"] = math.sqrt((s * sx) ** 2 + (c * sy) ** 2)
        across = math.sqrt((c * sx) ** 2 + (s * sy) ** 2)
        row["sigma_azm_deg"] = math.degrees(across / math.hypot(x, y))
    return row


def cat001(r):
    seen = r.get("i020_ssrpsr")
    rho, theta = r.get("i040_rho_nmi"), r.get("i040_theta_deg")
    if seen == 0:
        return {}, "no detection"
    of_track = calculated(r) if rho is None else {}
    if of_track is None:
        return {}, "no position"
    mode_3a = code(r, "i070_v", "i070_g", "i070_mode3a")
    kinds = {None: "psr" if r.get("i070_v") is None else "ssr", 1: "psr", 2: "ssr", 3: "psr_ssr"}
    return {
        "kind": kinds[seen],
        "rng_slant_m": times(rho, NM),
        "azm_true_deg": theta,
        "alt_baro_m": level(r, "i090_hgt_fl"),
        "spd_radial_mps": times(r.get("i120_nmi_s"), NM),
        "mode_3a": mode_3a,
        "track_sensor": r.get("i161"),
        "flags": flags(
            spi=r.get("i020_spi"),
            emergency=mode_3a in DISTRESS or r.get("i020_ds1ds2") or r.get("i020_me"),
            simulated=r.get("i020_sim"),
            test=r.get("i020_tst") or r.get("i020_rab"),
        ),
    } | of_track, None


def cat010(r):
    lat, lon = place_of(r, "i041_lat_deg", "i041_lon_deg")
    place = {"lat_deg": lat, "lon_deg": lon}
    if r.get("i000", 1) != 1:
        return place, "service message"
    kind = {0: "mlat", 1: "mlat", 2: "adsb", 3: "psr", 5: "mlat"}.get(r.get("i020_typ"))
    if kind is None:
        return place, "a kind of sensor that reports have no name for"
    rho, theta = r.get("i040_rho_m"), r.get("i040_th_deg")
    plane = plane_of(r, "i091_ft") if lat is None and rho is None else None
    if lat is None and rho is None and plane is None:
        return {}, "no position"
    mode_3a = code(r, "i060_v", "i060_g", "i060_mode3a")
    east, north = along(times(r.get("i200_gsp_nmi_s"), NM), r.get("i200_tra_deg"))
    return {
        "plane": plane,
        "kind": kind,
        "rng_slant_m": rho,
        "azm_true_deg": theta,
        "lat_deg": lat,
        "lon_deg": lon,
        "alt_baro_m": level(r, "i090_fl"),
        "vel_east_mps": r.get("i202_vx_mps", east),
        "vel_north_mps": r.get("i202_vy_mps", north),
        "mode_s": address(r.get("i220")),
        "mode_3a": mode_3a,
        "callsign": text(r.get("i245_chr")),
        "track_sensor": r.get("i161_trk"),
        "sigma_pos_m": rms(r.get("i500_devx_m"), r.get("i500_devy_m")),
        "flags": flags(
            spi=r.get("i020_spi"),
            emergency=mode_3a in DISTRESS,
            simulated=r.get("i020_sim"),
            test=r.get("i020_tst") or r.get("i020_rab"),
            on_ground=r.get("i020_gbs") or r.get("i020_tot") == 2,
        ),
    }, None


def cat020(r):
    lat, lon = place_of(r, "i041_lat_deg", "i041_lon_deg")
    plane = plane_of(r, "i110_ft") if lat is None else None
    if lat is None and plane is None:
        return {}, "no position"
    mode_3a = code(r, "i070_v", "i070_g", "i070_mode3a")
    return {
        "plane": plane,
        "kind": "mlat",
        "lat_deg": lat,
        "lon_deg": lon,
        "alt_baro_m": level(r, "i090_fl"),
        "alt_hae_m": times(r.get("i105_ft"), FT),
        "vel_east_mps": r.get("i202_vx_mps"),
        "vel_north_mps": r.get("i202_vy_mps"),
        "mode_s": None if r.get("i020_cf") == 1 else address(r.get("i220")),
        "mode_3a": mode_3a,
        "callsign": text(r.get("i245_chr")),
        "track_sensor": r.get("i161_trn"),
        "sigma_pos_m": rms(r.get("i500_sdp_x_m"), r.get("i500_sdp_y_m")),
        "flags": flags(
            spi=r.get("i020_spi") or r.get("i230_stat") in (4, 5),
            emergency=mode_3a in DISTRESS,
            simulated=r.get("i020_sim"),
            test=r.get("i020_tst") or r.get("i020_rab"),
            on_ground=r.get("i020_gbs") or r.get("i230_stat") in (1, 3),
        ),
    }, None


def cat021(r):
    """The layout of editions 2.x."""
    lat, lon = place_of(r, "i131_lat_deg", "i131_lon_deg")
    if lat is None:
        lat, lon = place_of(r, "i130_lat_deg", "i130_lon_deg")
    if lat is None:
        return {}, "no position"
    good = r.get("i070_v") != 1 and r.get("i070_g") != 1 and r.get("i070_mode3a") is not None
    mode_3a = int(r["i070_mode3a"], 8) if good else None
    height = r.get("i140_ft")
    speed = times(r.get("i160_gs_nmi_s"), NM) if r.get("i160_re") == 0 else None
    east, north = along(speed, r.get("i160_ta_deg"))
    climbs = (
        r.get("i157_gvr_ft_min") if r.get("i157_re") == 0 else None,
        r.get("i155_bvr_ft_min") if r.get("i155_re") == 0 else None,
    )
    nacp = r.get("i090_nacp")
    radius = EPU_M.get(nacp)
    if radius is None and (r.get("i210_vn"), r.get("i210_vns")) == (0, 0):
        radius = NUCP_M.get(r.get("i090_nucpnic"))
    return {
        "kind": "adsb",
        "lat_deg": lat,
        "lon_deg": lon,
        "alt_baro_m": times(r.get("i145_fl"), FL),
        "alt_hae_m": times(height, FT) if height != 0x7FFF * 6.25 else None,
        "vel_east_mps": east,
        "vel_north_mps": north,
        "vel_up_mps": times(next((c for c in climbs if c is not None), None), FT / 60),
        "mode_s": address(r.get("i080")) if r.get("i040_atp") in (0, 2, None) else None,
        "mode_3a": mode_3a,
        "callsign": text(r.get("i170")),
        "track_sensor": r.get("i161_trnum"),
        "sigma_pos_m": times(radius, 1 / 2.4477),
        "nacp": nacp,
        "flags": flags(
            spi=r.get("i200_ss") == 3,
            emergency=mode_3a in DISTRESS or r.get("i200_ps") in (1, 3, 4, 5, 6),
            simulated=r.get("i040_sim"),
            test=r.get("i040_tst") or r.get("i040_rab"),
            on_ground=r.get("i040_gbs"),
        ),
    }, None


def cat048(r):
    typ = r.get("i020_typ")
    rho, theta = r.get("i040_rho_nmi"), r.get("i040_theta_deg")
    rho = r.get("re_err_nmi", rho)
    if typ == 0:
        return {}, "no detection"
    of_track = calculated(r) if rho is None or theta is None else {}
    if of_track is None:
        return {}, "no position"
    told = "mode_s" if "i220" in r else "ssr" if "i070_v" in r else "psr"
    kinds = {None: told, 1: "psr", 2: "ssr", 3: "psr_ssr"}
    mode_3a = code(r, "i070_v", "i070_g", "i070_mode3a")
    return {
        "kind": kinds.get(typ, "mode_s"),
        "rng_slant_m": times(rho, NM),
        "azm_true_deg": theta,
        "alt_baro_m": level(r, "i090_fl"),
        "spd_radial_mps": r.get("i120_cal_cal_mps") if r.get("i120_cal_d") == 0 else None,
        "mode_s": address(r.get("i220")),
        "mode_3a": mode_3a,
        "callsign": text(r.get("i240")),
        "track_sensor": r.get("i161_trn"),
        "flags": flags(
            spi=r.get("i020_spi") or r.get("i230_stat") in (4, 5),
            emergency=mode_3a in DISTRESS or r.get("i020_me"),
            simulated=r.get("i020_sim"),
            test=r.get("i020_tst") or r.get("i020_rab"),
            on_ground=r.get("i230_stat") in (1, 3),
        ),
    } | of_track, None


def cat062(r):
    lat, lon = place_of(r, "i105_lat_deg", "i105_lon_deg")
    if lat is None:
        return {}, "no WGS-84 position"
    good = r.get("i060_v") != 1 and r.get("i060_g") != 1 and r.get("i060_mode3a") is not None
    mode_3a = int(r["i060_mode3a"], 8) if good else None
    measured = r.get("i136_fl")
    if measured is None and r.get("i135_qnh") == 0:
        measured = r.get("i135_ctb_fl")
    sigma = rms(r.get("i500_apc_x_m"), r.get("i500_apc_y_m"))
    if r.get("i500_apw_lat_deg") is not None:
        degree = 111_195.08
        east = r["i500_apw_lon_deg"] * degree * math.cos(math.radians(lat))
        sigma = rms(east, r["i500_apw_lat_deg"] * degree)
    return {
        "kind": "track",
        "lat_deg": lat,
        "lon_deg": lon,
        "alt_baro_m": times(measured, FL),
        "alt_hae_m": times(r.get("i130_ft"), FT),
        "vel_east_mps": r.get("i185_vx_mps"),
        "vel_north_mps": r.get("i185_vy_mps"),
        "vel_up_mps": times(r.get("i220_ft_min"), FT / 60),
        "mode_s": address(r.get("i380_adr")),
        "mode_3a": mode_3a,
        "callsign": text(r.get("i380_id")) or text(r.get("i245_chr")),
        "track_sensor": r.get("i040"),
        "sigma_pos_m": sigma,
        "flags": flags(
            spi=r.get("i080_spi"),
            emergency=mode_3a in DISTRESS or r.get("i080_me"),
            simulated=r.get("i080_sim"),
            on_ground=r.get("i380_com_stat") in (1, 3) or r.get("i080_sfc"),
        ),
    }, None


REPORTS = {1: cat001, 10: cat010, 20: cat020, 21: cat021, 48: cat048, 62: cat062}


def says(name, states, r, *, overload=(), time=None, **more):
    """A status row: the worst of some states, whether overloaded, whether the time is valid."""
    order = ("not_operational", "initialising", "degraded", "operational")
    told = [r[name] for name in overload if name in r]
    return {
        "message": name,
        "state": next((state for state in order if state in states), None),
        "is_overloaded": bool(any(told)) if told else None,
        "is_time_valid": None if r.get(time) is None else r[time] == 0,
        **more,
    }


def antenna(name, r):
    azm = {"north_marker": 0.0, "south_marker": 180.0}.get(name, r.get("i020_deg"))
    return {"azm_true_deg": azm, "dt_antenna_s": r.get("i041_s")}


def nogo(value, *words):
    return {words[value]} if value is not None and value < len(words) else set()


def stat002(r):
    names = {1: "north_marker", 2: "sector", 3: "south_marker"}
    names |= {8: "blind_zone_filter_on", 9: "blind_zone_filter_off"}
    name = names.get(r.get("i000"), "other")
    return says(name, (), r, **antenna(name, r))


def stat010(r):
    if r.get("i000", 1) == 1:
        return None
    names = {2: "start_of_update", 3: "status", 4: "status_change"}
    states = nogo(r.get("i550_nogo"), "operational", "degraded", "not_operational")
    if r.get("i550_div") == 1:
        states.add("degraded")
    name = names.get(r["i000"], "other")
    return says(name, states, r, overload=("i550_ovl",), time="i550_tsv")


def stat019(r):
    names = {1: "start_of_update", 2: "status", 3: "status_change"}
    states = nogo(r.get("i550_nogo"), "operational", "degraded", "not_operational")
    name = names.get(r.get("i000"), "other")
    return says(name, states, r, overload=("i550_ovl",), time="i550_tsv")


def stat023(r):
    names = {1: "status", 2: "service_status", 3: "statistics"}
    words = ("", "not_operational", "not_operational", "degraded", "operational", "initialising")
    states = nogo(r.get("i100_nogo"), "operational", "not_operational")
    states |= nogo(r.get("i110_stat"), *words)
    name = names.get(r.get("i000"), "other")
    return says(name, states, r, overload=("i100_odp", "i100_oxt"), time="i100_tsv")


def stat025(r):
    names = {1: "service_status", 2: "component_status", 3: "statistics"}
    parts = [r.get("i100_sstat"), r.get("i100_systat"), r.get("i100_sestat")]
    states = set()
    if r.get("i100_nogo") == 1 or r.get("i100_ops") == 2 or 1 in parts:
        states.add("not_operational")
    if 2 in parts:
        states.add("degraded")
    if r.get("i100_nogo") == 0 and parts[0] == 0:
        states.add("operational")
    row = says(names.get(r.get("i000_rtyp"), "other"), states, r)
    errors = r.get("i105")
    if errors:
        row["is_overloaded"] = bool({5, 6} & set(errors))
        row["is_time_valid"] = 2 not in errors
    return row


def stat034(r):
    names = ("other", "north_marker", "sector", "geographical_filter", "jamming_strobe")
    names += ("solar_storm", "ssr_jamming_strobe", "mode_s_jamming_strobe")
    kind = r.get("i000", 0)
    name = names[kind] if kind < len(names) else "other"
    states = nogo(r.get("i050_com_nogo"), "operational", "not_operational")
    channels = {(part, r.get(f"i050_{part}_chab")) for part in ("psr", "ssr", "mds")}
    if channels & {("psr", 0), ("ssr", 0), ("mds", 0), ("ssr", 3), ("mds", 3)}:
        states.add("degraded")
    overload = ("i050_com_ovlrdp", "i050_com_ovlxmt", "i050_psr_ovl", "i050_ssr_ovl")
    overload += ("i050_mds_ovlsur", "i050_mds_ovlscf", "i050_mds_ovldlf")
    return says(name, states, r, overload=overload, time="i050_com_tsv", **antenna(name, r))


def stat063(r):
    words = ("operational", "degraded", "initialising", "not_operational")
    states = nogo(r.get("i060_con"), *words)
    if r.get("i060_ops") == 1:
        states.add("not_operational")
    if any(r.get(f"i060_{part}") == 1 for part in ("psr", "ssr", "mds", "ads", "mlt")):
        states.add("degraded")
    return says("sensor_status", states, r, overload=("i060_odp", "i060_oxt"), time="i060_tsv")


def stat065(r):
    names = {1: "status", 2: "end_of_batch", 3: "service_status"}
    states = nogo(r.get("i040_nogo"), "operational", "degraded", "not_operational")
    service = {1: "degraded", 2: "operational", 9: "operational", 13: "operational"}
    service |= dict.fromkeys((4, 5, 7), "not_operational")
    states.add(service.get(r.get("i050")))
    name = names.get(r.get("i000"), "other")
    return says(name, states, r, overload=("i040_ovl",), time="i040_tsv")


STATUS = {
    2: stat002,
    10: stat010,
    19: stat019,
    23: stat023,
    25: stat025,
    34: stat034,
    63: stat063,
    65: stat065,
}
