"""The documents of sustainment and dependence over HTTP, alone, together, beside a watch."""

import re

import pytest

from airshield.cli.showing import serve_documents
from airshield.errors import UsageError
from airshield.picture import Picture
from airshield.serve import create_app, create_plan_app
from airshield.serve.app import POLICY
from serve import synthetic_study
from serve.synthetic_sky import shield
from serve.test_plan_view import random_view, talking_to


@pytest.fixture(scope="module")
def sustain():
    return synthetic_study.sustain_document()


@pytest.fixture(scope="module")
def depend():
    return synthetic_study.depend_document(is_complete=False)


def test_a_study_goes_out_as_the_command_prints_it_with_its_page(sustain, depend):
    with talking_to(create_plan_app(sustain=sustain, depend=depend)) as client:
        for name, document in (("sustain", sustain), ("depend", depend)):
            answer = client.get(f"/api/plan/{name}")
            assert answer.headers["content-encoding"] == "gzip"
            assert answer.headers["content-type"] == "application/json"
            assert answer.json() == document
            bare = client.get(f"/api/plan/{name}", headers={"Accept-Encoding": "identity"})
            assert "content-encoding" not in bare.headers
            assert bare.json() == document
            page = client.get(f"/plan/{name}")
            assert page.headers["content-security-policy"] == POLICY
            assert f"static/{name}.js" in page.text
        assert client.get("/api/plan/pages").json() == {
            "pages": ["sustain", "depend"],
            "has_watch": False,
        }
        assert client.get("/api/plan").status_code == 404
        assert client.get("/api/plan/sustain", headers={"Host": "evil.example"}).status_code == 421


def test_every_way_in_leads_to_a_page_that_is_there(sustain, depend):
    view = random_view()
    for given, first, last in (
        ({"sustain": sustain}, "sustain.js", "sustain.js"),
        ({"depend": depend}, "depend.js", "depend.js"),
        ({"sustain": sustain, "depend": depend}, "sustain.js", "depend.js"),
        ({"plan": view, "sustain": sustain}, "plan.js", "sustain.js"),
        ({"plan": view}, "plan.js", "plan.js"),
    ):
        with talking_to(create_plan_app(**given)) as client:
            client.follow_redirects = True
            assert first in client.get("/plan").text
            assert last in client.get("/").text
            for name in ("sustain", "depend"):
                status = 200 if name in given else 404
                assert client.get(f"/plan/{name}").status_code == status
                assert client.get(f"/api/plan/{name}").status_code == status
    with pytest.raises(UsageError, match="give plan, sustain or depend"):
        create_plan_app()


def test_beside_a_watch_the_watch_keeps_the_front_door(sustain):
    picture = Picture(mode="exercise", now_ns=lambda: 0)
    with talking_to(create_app(picture, shield(), sustain=sustain)) as client:
        assert "main.js" in client.get("/").text
        assert client.get("/api/shield").json()["has_plan"] is True
        assert client.get("/plan").headers["location"] == "plan/sustain"
        assert client.get("/api/plan/pages").json() == {"pages": ["sustain"], "has_watch": True}
    with talking_to(create_app(picture, shield())) as client:
        assert client.get("/api/plan/pages").status_code == 404


def test_a_document_that_cannot_be_shown_is_refused_before_a_server_starts(sustain, depend):
    torn = dict(depend)
    del torn["pairs"], torn["dips"]
    with pytest.raises(UsageError, match="the depend document lacks pairs, dips"):
        create_plan_app(depend=torn)
    stations = [dict(one) for one in sustain["stations"]]
    stations[2]["low_by_day"] = [0.5, float("inf")]
    with pytest.raises(UsageError, match=re.escape("inf at stations[2].low_by_day[1]; write None")):
        create_plan_app(sustain={**sustain, "stations": stations})


def test_the_commands_show_what_they_hand_over_and_stop_in_time(sustain, depend, capsys):
    serve_documents(sustain=sustain, depend=depend, port=0, duration_s=0.05, browser=False)
    assert re.search(
        r"the plan is at http://127\.0\.0\.1:\d+/ \(Ctrl-C ends it\)", capsys.readouterr().err
    )
