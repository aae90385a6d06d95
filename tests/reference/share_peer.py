"""asterix-decoder's answer to what the share room writes, under the columns of our decoder.

It runs in an environment of its own, as another process (``make peers``), and knows editions 1.18,
1.3 and 1.3 of categories 062, 063 and 065: what the room writes is the same in those.
"""

import json
import subprocess

SCRIPT = """
import json, sys
import asterix
print(json.dumps(asterix.parse(sys.stdin.buffer.read(), verbose=False)))
"""

NAMES = {
    62: {
        "I010": {"SAC": "i010_sac", "SIC": "i010_sic"},
        "I015": {"SID": "i015"},
        "I070": {"ToT": "i070_s"},
        "I105": {"Lat": "i105_lat_deg", "Lon": "i105_lon_deg"},
        "I100": {"X": "i100_x_m", "Y": "i100_y_m"},
        "I185": {"Vx": "i185_vx_mps", "Vy": "i185_vy_mps"},
        "I060": {"V": "i060_v", "G": "i060_g", "CH": "i060_ch", "Mode3A": "i060_mode3a"},
        "I380": {"ADR": {"ADR": "i380_adr"}, "ID": {"ACID": "i380_id"}},
        "I040": {"TrkN": "i040"},
        "I290": {"TRK": {"TRK": "i290_trk_s"}},
        "I130": {"Alt": "i130_ft"},
        "I135": {"QNH": "i135_qnh", "CTBA": "i135_ctb_fl"},
        "I220": {"RoC": "i220_ft_min"},
        "I500": {
            "APC": {"APC_X": "i500_apc_x_m", "APC_Y": "i500_apc_y_m"},
            "COV": {"COV_XY": "i500_cov_m"},
            "APW": {"APW_Lat": "i500_apw_lat_deg", "APW_Long": "i500_apw_lon_deg"},
            "AGA": {"AGA_Acc": "i500_aga_ft"},
        },
    },
    63: {
        "I010": {"SAC": "i010_sac", "SIC": "i010_sic"},
        "I015": {"ServiceID": "i015"},
        "I030": {"ToD": "i030_s"},
        "I050": {"SAC": "i050_sac", "SIC": "i050_sic"},
        "I070": {"TSB": "i070_ms"},
        "I080": {"SRG": "i080_srg", "SRB": "i080_srb_nmi"},
        "I081": {"SAB": "i081_deg"},
        "I090": {"PRG": "i090_prg", "PRB": "i090_prb_nmi"},
        "I091": {"PAB": "i091_deg"},
        "I092": {"PEB": "i092_deg"},
    },
    65: {
        "I010": {"SAC": "i010_sac", "SIC": "i010_sic"},
        "I000": {"Typ": "i000"},
        "I015": {"SID": "i015"},
        "I030": {"ToD": "i030_s"},
        "I020": {"BTN": "i020"},
        "I050": {"REPORT": "i050"},
    },
}
FLAGS = {(62, "I080"), (63, "I060"), (65, "I040")}
"""Items whose fields are called as in the specification."""

PER_FL = 100.0  # it tells levels in feet


def records_of(python, octets):
    """Every record of a raw file: (category, flat dictionary)."""
    done = subprocess.run([python, "-c", SCRIPT], input=octets, capture_output=True, check=True)
    return [flat(record) for record in json.loads(done.stdout)]


def flat(record):
    category = record["category"]
    out = {}
    for item, told in record.items():
        if not item.startswith("I"):
            continue
        if (category, item) in FLAGS:
            for name, value in told.items():
                if name not in ("FX", "spare"):
                    out[f"i{item[1:]}_{name.lower()}"] = value["val"]
            continue
        take(told, NAMES[category][item], out)
    if "i380_adr" in out:
        out["i380_adr"] = int(out["i380_adr"], 16)
    if "i380_id" in out:
        out["i380_id"] = out["i380_id"].rstrip(" ")
    if "i135_ctb_fl" in out:
        out["i135_ctb_fl"] /= PER_FL
    return category, out


def take(told, names, out):
    for name, value in told.items():
        if name == "spare":
            continue
        if "val" in value:
            out[names[name]] = value["val"]
        else:
            take(value, names[name], out)
