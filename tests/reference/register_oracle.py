"""What other decoders make of registers: pyModeS, rs1090 and asterix-decoder, each as it is.

They run in environments of their own, as other processes (``make peers``). Answers come back in
their own names and units; ``NAMES`` says which of our columns each means, ``same`` compares.
"""

import json
import math
import subprocess

from airshield.read.registers import capability_names

COMM_B = """
import importlib, json, sys
import rs1090
from pyModeS.decoder.bds import _infer
for line in sys.stdin:
    df, word, bds, frame = json.loads(line)
    told = {}
    if bds in (0x10, 0x17, 0x20, 0x30, 0x40, 0x44, 0x45, 0x50, 0x60):
        name = f"bds{bds:02x}"
        module = importlib.import_module("pyModeS.decoder.bds." + name)
        told = getattr(module, "decode_" + name)(word)
    guess = _infer.infer(word, df, include_meteo=True)
    found = rs1090.decode(frame) or {}
    other = {k: v for k, v in found.items() if k.startswith("bds") and isinstance(v, dict)}
    print(json.dumps([told, guess, other]))
"""

ASTERIX = """
import json, sys
import asterix
data = sys.stdin.buffer.read()
at = 0
while at < len(data):
    size = int.from_bytes(data[at + 1 : at + 3], "big")
    for record in asterix.parse(data[at : at + size], verbose=False):
        found = [{k: v["val"] for k, v in one.items()} for one in record.get("I250", [])]
        print(json.dumps(found))
    at += size
"""


def _run(python, script, text):
    done = subprocess.run([python, "-c", script], input=text, capture_output=True, check=True)
    return [json.loads(line) for line in done.stdout.splitlines()]


def comm_b(python, words, numbers, frames):
    """For each word: pyModeS's values of the register named, its guesses, rs1090's readings.

    ``frames`` are whole replies in hex; the first five bits tell the downlink format.
    """
    lines = [
        json.dumps([int(frame[:2], 16) >> 3, word, bds, frame])
        for word, bds, frame in zip(words, numbers, frames, strict=True)
    ]
    return _run(python, COMM_B, "\n".join(lines).encode())


def asterix_decoder(python, octets):
    """For each record of a raw file of CAT048: its registers, by asterix-decoder's names."""
    return _run(python, ASTERIX, octets)


def frame_of(word, alt_ft=None):
    """A DF20 reply (25 ft steps) or, without altitude, a DF21 one; whose parity is nobody's."""
    if alt_ft is None or not -1000 <= alt_ft <= 50_000:
        return f"a8000000{word:014x}000000"
    steps = round((alt_ft + 1000) / 25)
    code = (steps & 0x7E0) << 2 | (steps & 0x10) << 1 | 0x10 | steps & 0xF
    return f"a000{code:04x}{word:014x}000000"


PYMODES = {
    0x10: {
        "config": "continued",
        "overlay_command_capability": "overlay",
        "acas_operational": "acas_operating",
        "mode_s_subnetwork_version": "subnetwork_version",
        "transponder_level5": "level5",
        "mode_s_specific_services": "specific_services",
        "uplink_elm_throughput": "uplink_elm",
        "downlink_elm_throughput": "downlink_elm",
        "aircraft_identification_capability": "identification",
        "squitter_capability": "squitter",
        "surveillance_identifier_code": "si_code",
        "common_usage_gicb_capability": "gicb_toggle",
        "acas_hybrid_surveillance": "acas_hybrid",
        "acas_resolution_advisory": "acas_ra",
        "acas_rtca_version": "acas_version",
        "dte_status": "dte",
    },
    0x17: {"supported_bds": "capability"},
    0x20: {"callsign": "callsign"},
    0x30: {
        "issued_ra": "ra_one_sense",
        "corrective": "ra_corrective",
        "downward_sense": "ra_downward",
        "increased_rate": "ra_increased_rate",
        "sense_reversal": "ra_reversal",
        "altitude_crossing": "ra_crossing",
        "positive": "ra_positive",
        "no_below": "do_not_pass_below",
        "no_above": "do_not_pass_above",
        "no_left": "do_not_turn_left",
        "no_right": "do_not_turn_right",
        "ra_terminated": "ra_ended",
        "multiple_threat": "many_threats",
        "threat_type_indicator": "threat_type",
        "threat_icao": "threat_mode_s",
        "threat_altitude": "threat_alt_ft",
        "threat_range": "threat_rng_nmi",
        "threat_bearing": "threat_bearing_deg",
    },
    0x40: {
        "selected_altitude_mcp": "mcp_alt_ft",
        "selected_altitude_fms": "fms_alt_ft",
        "baro_pressure_setting": "baro_setting_hpa",
        "vnav_mode": "vnav",
        "altitude_hold_mode": "alt_hold",
        "approach_mode": "approach",
        "target_altitude_source": "target_source",
    },
    0x44: {
        "figure_of_merit": "source",
        "wind_speed": "wind_kt",
        "wind_direction": "wind_from_deg",
        "static_air_temperature": "temperature_degc",
        "static_pressure": "pressure_hpa",
        "turbulence": "turbulence",
        "humidity": "humidity_pct",
    },
    0x45: {
        "turbulence": "turbulence",
        "wind_shear": "wind_shear",
        "microburst": "microburst",
        "icing": "icing",
        "wake_vortex": "wake_vortex",
        "static_air_temperature": "temperature_degc",
        "static_pressure": "pressure_hpa",
        "radio_height": "radio_height_ft",
    },
    0x50: {
        "roll": "roll_deg",
        "true_track": "track_true_deg",
        "groundspeed": "gs_kt",
        "track_rate": "track_rate_deg_s",
        "true_airspeed": "tas_kt",
    },
    0x60: {
        "magnetic_heading": "heading_mag_deg",
        "indicated_airspeed": "ias_kt",
        "mach": "mach",
        "baro_vertical_rate": "baro_rate_ft_min",
        "inertial_vertical_rate": "inertial_rate_ft_min",
    },
}
"""pyModeS's names, register by register, and ours."""

RS1090 = {
    0x10: {
        "config": "continued",
        "ovc": "overlay",
        "acas": "acas_operating",
        "subnet": "subnetwork_version",
        "level5": "level5",
        "mode_s": "specific_services",
        "identification": "identification",
        "squitter": "squitter",
        "sic": "si_code",
        "gicb": "gicb_toggle",
        "acas_hybrid": "acas_hybrid",
        "acas_ra": "acas_ra",
        "dte": "dte",
    },
    0x20: {"callsign": "callsign"},
    0x40: {
        "selected_mcp": "mcp_alt_ft",
        "selected_fms": "fms_alt_ft",
        "barometric_setting": "baro_setting_hpa",
    },
    0x44: {
        "wind_speed": "wind_kt",
        "wind_direction": "wind_from_deg",
        "temperature": "temperature_degc",
        "pressure": "pressure_hpa",
        "humidity": "humidity_pct",
    },
    0x50: {
        "roll": "roll_deg",
        "track": "track_true_deg",
        "groundspeed": "gs_kt",
        "track_rate": "track_rate_deg_s",
        "TAS": "tas_kt",
    },
    0x60: {
        "heading": "heading_mag_deg",
        "IAS": "ias_kt",
        "Mach": "mach",
        "vrate_barometric": "baro_rate_ft_min",
        "vrate_inertial": "inertial_rate_ft_min",
    },
}
"""rs1090's."""

DECODER = {
    0x40: {
        "MCP_ALT": ("mcp_alt_ft", "MCP_ALT_STATUS"),
        "FMS_ALT": ("fms_alt_ft", "FMS_ALT_STATUS"),
        "BP": ("baro_setting_hpa", "BP_STATUS"),
        "VNAV": ("vnav", "MODE_STATUS"),
        "ALT_HOLD": ("alt_hold", "MODE_STATUS"),
        "APP": ("approach", "MODE_STATUS"),
        "TARGET_ALT_SOURCE": ("target_source", "TARGET_ALT_STATUS"),
    },
    0x50: {
        "RA": ("roll_deg", "RA_STATUS"),
        "TTA": ("track_true_deg", "TTA_STATUS"),
        "GS": ("gs_kt", "GS_STATUS"),
        "TAR": ("track_rate_deg_s", "TAR_STATUS"),
        "TAS": ("tas_kt", "TAS_STATUS"),
    },
    0x60: {
        "HDG": ("heading_mag_deg", "HDG_STATUS"),
        "IAS": ("ias_kt", "IAS_STAT"),
        "MACH": ("mach", "MACH_STATUS"),
        "BAR": ("baro_rate_ft_min", "BAR_STATUS"),
        "IVV": ("inertial_rate_ft_min", "IVV_STATUS"),
    },
}
"""asterix-decoder's, each with its status bit, which it tells beside the value."""

SOURCES = {"unknown": 0, "aircraft_altitude": 1, "mcp_fcu": 2, "fms": 3}


def differs(column, mine, value):
    """Whether another decoder's value of a column (without the register) is another than ours."""
    if value is not None:
        if column == "capability":
            return capability_names(mine) != value
        if column == "target_source":
            value = SOURCES.get(value, value)
        elif column == "threat_mode_s":
            value = int(value, 16)
    if isinstance(mine, int | float) and isinstance(value, int | float):
        return not math.isclose(mine, value, rel_tol=0, abs_tol=1e-9)
    return mine != value


def is_known_difference(column, mine, value):
    """Whether two values differ as docs/registers.md explains."""
    if column == "callsign":
        return mine is None and value is not None and set(value) == {"#"}
    if column in ("mcp_alt_ft", "fms_alt_ft"):
        return None not in (mine, value) and value == (mine + 8) // 100 * 100
    if column == "track_rate_deg_s":
        return mine == -1 / 32 and value is None
    return column in ("baro_rate_ft_min", "inertial_rate_ft_min") and (mine, value) == (-32, 0)


def decoder_values(bds, theirs):
    """asterix-decoder's values with None where the status bit is 0."""
    return {
        column: theirs[name] if theirs[status] else None
        for name, (column, status) in DECODER[bds].items()
    }
