"""Slow twin of the system track writer: one row after the other, plain Python, plain dictionaries.

``Twin.record`` gives what a decoder should find in the record of a row, under the column names of
the decoder, and the reasons for what is not there. No system plane.
"""

import math
from collections import Counter, deque

DAY_NS = 86_400 * 10**9
ANGLE_DEG = 180.0 / 2**25
A, E2 = 6_378_137.0, 0.00669437999014
BITS = ["psr", "ssr", "psr_ssr", "mode_s", "adsb", "mlat", "track", "drone_id"]
BITS += ["acoustic", "spotter"]


class Numbers:
    """A dictionary and a queue."""

    def __init__(self, first=None):
        self.free = deque([*range(1, 65536), 0] if first is None else first)
        self.lives = {}

    def take(self, row):
        """Number, row before, age, whether the code is new; the last row of a track frees it."""
        life = self.lives.get(row["track"])
        before = None if life is None else life["status"]
        if life is None:
            if not self.free:
                return None, None, 0, False
            life = {"number": self.free.popleft(), "t": row["t"], "code": None, "status": None}
            self.lives[row["track"]] = life
        is_changed = None not in (row["mode_3a"], life["code"]) and row["mode_3a"] != life["code"]
        if row["mode_3a"] is not None:
            life["code"] = row["mode_3a"]
        if row["status"] == "ended":
            del self.lives[row["track"]]
            self.free.append(life["number"])
        else:
            life["status"] = row["status"]
        return life["number"], before, max(row["t"] - life["t"], 0), is_changed


class Twin:
    """Makes records of rows, in their order."""

    def __init__(self, sac, sic, service=1, simulated=False):
        self.head = {"i010_sac": sac, "i010_sic": sic, "i015": service}
        self.simulated = simulated
        self.numbers = Numbers()
        self.left_out = Counter()

    def record(self, row):
        """The record of one row; unknown values of the row are None."""
        out = dict(self.head)
        ticks = math.floor((row["t"] % DAY_NS) * 128 / 10**9 + 0.5) % (86_400 * 128)
        out["i070_s"] = ticks / 128
        lat, lon = row["lat_deg"], row["lon_deg"]
        if round(lon / ANGLE_DEG) == 2**25:
            lon = -180.0
        self.pair(
            out, "I062/105", i105_lat_deg=(lat, ANGLE_DEG, 90), i105_lon_deg=(lon, ANGLE_DEG, 180)
        )
        east, north = row["vel_east_mps"], row["vel_north_mps"]
        self.pair(out, "I062/185", i185_vx_mps=(east, 0.25, 8192), i185_vy_mps=(north, 0.25, 8192))
        code = row["mode_3a"]
        if code is not None and code > 0o7777:
            self.left_out["I062/060: more than four octal digits"] += 1
            row = {**row, "mode_3a": None}
        number, before, age, is_changed = self.numbers.take(row)
        if row["mode_3a"] is not None:
            out |= {"i060_v": 0, "i060_g": 0, "i060_ch": int(is_changed)}
            out["i060_mode3a"] = oct(code)[2:].zfill(4)
        if row["mode_s"] is not None:
            if 0 < row["mode_s"] < 2**24:
                out["i380_adr"] = row["mode_s"]
            else:
                self.left_out["I062/380/ADR: no address of 24 bits"] += 1
        name = (row["callsign"] or "").rstrip(" ")
        if name:
            if len(name) <= 8 and all(c in "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 " for c in name):
                out["i380_id"] = name
            else:
                self.left_out["I062/380/ID: not 8 of A to Z, 0 to 9"] += 1
        if number is None:
            self.left_out["I062/040: every track number is taken"] += 1
        else:
            out["i040"] = number
            out["i290_trk_s"] = min(round(age / 1e9 / 0.25), 255) * 0.25
        out |= self.status(row, number, before)
        self.heights(out, row)
        self.errors(out, row)
        return out

    def pair(self, out, item, **parts):
        """Both parts of an item or neither."""
        if any(math.isnan(value) for value, _, _ in parts.values()):
            return
        steps = {}
        for name, (value, lsb, limit) in parts.items():
            top = 90 if name == "i105_lat_deg" else limit - lsb
            if not (math.isfinite(value) and -limit <= round(value / lsb) * lsb <= top):
                self.left_out[f"{item}: beyond its range"] += 1
                return
            steps[name] = round(value / lsb) * lsb
        out |= steps

    def one(self, out, item, name, value, lsb, low, high):
        """A quantity alone in its item."""
        if value is None:
            return False
        if not (math.isfinite(value) and low <= round(value / lsb) * lsb <= high):
            self.left_out[f"{item}: beyond its range"] += 1
            return False
        out[name] = round(value / lsb) * lsb
        return True

    def heights(self, out, row):
        def of(name, per):
            return None if row[name] is None else row[name] / per

        if self.one(out, "I062/135", "i135_ctb_fl", of("alt_baro_m", 30.48), 0.25, -15, 1500):
            out["i135_qnh"] = 0
        self.one(out, "I062/130", "i130_ft", of("alt_hae_m", 0.3048), 6.25, -1500, 150_000)
        fastest = 32767 * 6.25
        rate = of("vel_up_mps", 0.3048 / 60.0)
        self.one(out, "I062/220", "i220_ft_min", rate, 6.25, -fastest - 6.25, fastest)

    def status(self, row, number, before):
        seen = {name for bit, name in enumerate(BITS) if row["kinds"] >> bit & 1}
        last = row["status"] == "ended"
        lasting = before if last else row["status"]
        coasts = lasting == "coasting"
        source = 0
        if row["height_basis"] == "elevation":
            source = 2
        if row["height_basis"] == "geometric":
            givers = seen & {"adsb", "drone_id", "mlat", "track"}
            if givers and givers <= {"adsb", "drone_id"}:
                source = 1
            elif givers == {"mlat"}:
                source = 7
        maybe = {
            "psr": {"psr", "psr_ssr", "mode_s"},
            "ssr": {"ssr", "psr_ssr", "mode_s"},
            "mds": {"mode_s"},
            "ads": {"adsb"},
        }
        old = {f"i080_{k}": int(coasts or not seen & {*v, "track"}) for k, v in maybe.items()}
        sensors = bin(row["sensors"]).count("1")
        silent = ["spi", "fpc", "stp", "kos", "ama", "md4", "me", "mi", "md5", "suc", "aac"]
        return {f"i080_{name}": 0 for name in silent} | old | {
            "i080_mon": int(sensors == 1 and row["sensors"] != 1 << 63),
            "i080_mrh": int(row["height_basis"] in ("geometric", "elevation")),
            "i080_src": source,
            "i080_cnf": int(lasting == "tentative"),
            "i080_sim": int(self.simulated),
            "i080_tse": int(last),
            "i080_tsb": int(before is None and number is not None),
            "i080_aff": int(row["adsb_check"] == "contradicted"),
            "i080_cst": int(coasts),
        }  # fmt: skip

    def errors(self, out, row):
        ee, _, _, nn, _, uu = row["cov_m2"]
        if min(ee, nn, uu or 0.0) < 0.0:
            self.left_out["I062/500: a negative variance"] += 1
            return

        def up(value, lsb, bits):
            return min(max(math.ceil(value / lsb - 1e-3), 1), 2**bits - 1) * lsb

        if "i105_lat_deg" in out:
            sin2 = math.sin(math.radians(row["lat_deg"])) ** 2
            meridian_m = A * (1 - E2) / (1 - E2 * sin2) ** 1.5
            parallel_m = A / math.sqrt(1 - E2 * sin2) * math.cos(math.radians(row["lat_deg"]))
            out["i500_apw_lat_deg"] = up(math.degrees(math.sqrt(nn) / meridian_m), ANGLE_DEG, 16)
            out["i500_apw_lon_deg"] = up(
                math.degrees(math.sqrt(ee) / max(parallel_m, 1e-6)), ANGLE_DEG, 16
            )
        if uu is not None and "i130_ft" in out:
            out["i500_aga_ft"] = up(math.sqrt(uu) / 0.3048, 6.25, 8)
