"""What fuzzing found, each once, as small as it could be made."""

import gzip

import pytest

from airshield.errors import FormatError
from airshield.read import read_frames


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
