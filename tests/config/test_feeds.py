"""What a shield may say about its feeds."""

import shutil
from pathlib import Path

import pytest

from airshield.config import load_shield
from airshield.errors import ShieldError

EXAMPLES = Path(__file__).parents[2] / "examples"
OLD = 'format = "asterix"\nhost = "127.0.0.1"\nport = 30048'


def shield_with(folder, feed):
    made = Path(shutil.copytree(EXAMPLES / "tiny", folder / "tiny"))
    file = made / "shield.toml"
    text = file.read_text()
    assert OLD in text
    file.write_text(text.replace(OLD, feed))
    return made


def test_a_feed_is_asterix_over_udp_unless_it_says_more(tmp_path):
    (feed,) = load_shield(shield_with(tmp_path, 'host = "127.0.0.1"\nport = 8600')).feeds
    assert (feed.protocol, feed.format, feed.listen, feed.receiver) == (
        "udp",
        "asterix",
        False,
        None,
    )


def test_a_feed_over_tcp_says_its_format_and_where_its_receiver_stands(tmp_path):
    lines = ['protocol = "tcp"', 'format = "spotter"', 'host = "192.0.2.7"', "port = 30005"]
    lines += ["receiver_lat_deg = 41.3", "receiver_lon_deg = 2.1", "listen = true"]
    (feed,) = load_shield(shield_with(tmp_path, "\n".join(lines))).feeds
    assert (feed.protocol, feed.format, feed.listen) == ("tcp", "spotter", True)
    assert feed.receiver == (41.3, 2.1)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ('format = "asterics"', "there is no format 'asterics'; did you mean 'asterix'?"),
        ('protocol = "tpc"', "protocol is 'tpc'"),
        ("receiver_lat_deg = 41.3", "half of the receiver's place is missing"),
        ("listen = true", "a feed over UDP always listens"),
    ],
)
def test_what_cannot_be_is_told_with_a_remedy(tmp_path, more, said):
    folder = shield_with(tmp_path, f'host = "127.0.0.1"\nport = 8600\n{more}')
    with pytest.raises(ShieldError) as caught:
        load_shield(folder)
    assert said in str(caught.value)
    assert caught.value.remedy
