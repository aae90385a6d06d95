"""What fuzzing found, each once, as small as it could be made."""

import gzip

import numpy as np
import pytest

from airshield.errors import FormatError
from airshield.read import read_frames
from airshield.read.adsb.containers import _kernels as containers
from contracts import one_input as law


def test_a_gzip_stream_of_nothing_is_refused(tmp_path):
    file = tmp_path / "nothing.gz"
    file.write_bytes(gzip.compress(b""))
    with pytest.raises(FormatError, match="the compressed stream is empty"):
        read_frames(file)


@pytest.mark.parametrize("format", [None, "asterix"])
def test_a_gzip_stream_damaged_at_its_beginning_is_refused(tmp_path, format):
    file = tmp_path / "damaged.gz"
    file.write_bytes(bytes.fromhex("1f8b08000000000000ff ffffffff"))
    with pytest.raises(FormatError, match="the compressed stream is damaged"):
        read_frames(file, format=format)


@pytest.mark.parametrize("year", ["0001", "1677", "2262", "9999"])
@pytest.mark.parametrize("name", ["sbs", "uat"])
def test_a_start_outside_the_times_that_can_be_told_leaves_the_counter_without(name, year):
    start = f"START,Tue Nov 14 22:13:10 +0000 UTC {year}\n".encode()
    line = {"sbs": b"1970154000,MSG,8,,,AB5361" + b"," * 17, "uat": b"5,-" + b"00" * 18 + b";"}
    law.read_stream(start + line[name] + b"\n", name)


def test_a_key_without_a_value_at_the_end_is_not_found():
    # The compiled loop read the octet behind the last.
    line, key = (np.frombuffer(text, np.uint8) for text in (b'{"frame": ', b'"frame"'))
    for find_key in (containers.find_key, containers.find_key.py_func):
        assert find_key(line, 1, line.size, key) == -1
    law.read_stream(b'{"timestamp":1700000003.0,"frame":', "jet1090")


@pytest.mark.parametrize("octet", [0x02, 0x04, 0x15, 0x30, 0x3E])
def test_a_run_of_one_octet_is_framed_in_time(tmp_path, octet):
    read = law.target("asterix", tmp_path)
    read(law.made_up("asterix")[0])
    law.timely_s(read, bytes([octet]) * 4096)
