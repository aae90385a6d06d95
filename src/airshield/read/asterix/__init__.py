"""ASTERIX: surveillance data blocks to Arrow tables and back, every category, every edition."""

from airshield.read.asterix.columns import octal_codes
from airshield.read.asterix.decode import REASONS, Decoded, decode
from airshield.read.asterix.encode import encode
from airshield.read.asterix.spec import editions

__all__ = ["REASONS", "Decoded", "decode", "editions", "encode", "octal_codes"]
