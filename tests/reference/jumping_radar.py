"""Mode S plots of some radars, the last one's north jumps: as REPORT rows and as bytes."""

import numpy as np
import pyarrow as pa

from airshield import tables
from airshield.read import asterix
from airshield.units import M_PER_FL, M_PER_NMI
from reference import track_skies as skies
from reference.track_skies import Target

JUMP_S = 100.0
JUMP_DEG = 0.5


def make_reports(radars, *, seconds=150.0, jump_deg=JUMP_DEG):
    """REPORT rows of a dozen aircraft; after ``JUMP_S`` the last radar turns by ``jump_deg``."""
    rng = np.random.default_rng(4)
    targets = [
        Target(
            *rng.uniform(-90e3, 90e3, 2),
            course_deg=rng.uniform(0.0, 360.0),
            spd_mps=rng.uniform(120.0, 240.0),
            mode_s=0x4000 + k,
        )
        for k in range(12)
    ]
    reports, _ = skies.sky(targets, radars, seconds)
    theirs = np.array([name == radars[-1].sensor for name in reports["sensor"].to_pylist()])
    azm_deg = reports["azm_true_deg"].to_numpy()
    jumped = (skies.seconds_of(reports) > JUMP_S) & theirs
    azm_deg = (azm_deg + np.where(jumped, jump_deg, 0.0)) % 360.0
    at = reports.schema.get_field_index("azm_true_deg")
    return reports.set_column(at, reports.schema.field(at), pa.array(azm_deg))


def make_frames(reports):
    """The same as FRAME rows: a CAT048 block each."""
    octets = [
        asterix.encode(
            48,
            [
                {
                    "i010_sac": int(row["sensor"].split("/")[0]),
                    "i010_sic": int(row["sensor"].split("/")[1]),
                    "i140_s": row["t"] % (86_400 * 10**9) // 7_812_500 / 128.0,
                    "i020_typ": 7,
                    "i020_sim": 0,
                    "i020_rdp": 0,
                    "i020_spi": 0,
                    "i020_rab": 0,
                    "i040_rho_nmi": row["rng_slant_m"] / M_PER_NMI,
                    "i040_theta_deg": row["azm_true_deg"],
                    "i090_v": 0,
                    "i090_g": 0,
                    "i090_fl": round(row["alt_baro_m"] / M_PER_FL * 4.0) / 4.0,
                    "i220": row["mode_s"],
                }
            ],
            edition="1.32",
        )
        for row in reports.set_column(0, "t", reports["t"].cast(pa.int64()))
        .select(["t", "sensor", "rng_slant_m", "azm_true_deg", "alt_baro_m", "mode_s"])
        .to_pylist()
    ]
    rows = len(octets)
    return tables.make_table(
        tables.FRAME,
        {
            "frame": np.zeros(rows, np.uint64),
            "t_heard": reports["t"],
            "source": ["udp"] * rows,
            "offset": np.arange(rows, dtype=np.uint64),
            "octets": octets,
        },
        rows=rows,
    )
