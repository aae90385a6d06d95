"""What a newcomer sees: the demo, from the exercise's bytes on loopback to a warning."""

import re
import urllib.request

from command_line import run, start


def test_the_demo_shows_aircraft_a_violation_and_a_warning():
    done = run("demo", "--no-browser", "--port", 0, "--duration", 45, "--json", timeout=240)
    assert done.code == 0, done.err
    seen = done.document
    assert seen["mode"] == "exercise"
    assert seen["rejects"] == 0
    assert seen["tracks"]["confirmed"] >= 30
    assert seen["incidents"]["confirmed"] >= 1
    assert seen["warnings"]["issued"] >= 1


def test_its_page_is_there_before_the_kernels_are_compiled(tmp_path):
    demo = start("demo", "--no-browser", "--port", 0, env={"AIRSHIELD_CACHE_DIR": str(tmp_path)})
    try:
        line = demo.stderr.readline()
        url = re.search(r"http://\S+", line).group()
        with urllib.request.urlopen(url, timeout=10) as page:
            assert b"airshield" in page.read()
    finally:
        demo.terminate()
        demo.communicate(timeout=120)
