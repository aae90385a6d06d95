"""The report: its answers are those of surveys, and its page needs nothing and hides nothing."""

import json
import math
import shutil
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from airshield.cli.covering import CoverPlan, cover_asked, cover_shield, warning_asked
from airshield.cli.report import make_report, write_page
from airshield.errors import StoreError
from airshield.report import Report, document_of, page_of
from airshield.report.coverage import cover_chapter
from airshield.report.coverage.roses import rose, rose_ring_min
from airshield.report.coverage.without import answers_with
from airshield.report.html import Markup, join, table, tag
from command_line import run
from page_elements import Elements
from plan_documents import depend_document, sustain_document
from small_cover import HEIGHTS, small_shield, surveyed

MADE = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)


def report_of(plan, found, **more):
    chapter = cover_chapter(plan, found, asked=cover_asked(plan), warned=warning_asked(plan))
    facts = {
        "shield": plan.name, "about": plan.about, "digest": plan.digest, "version": "9.9",
        "made": MADE, "chapters": (chapter,), **more,
    }  # fmt: skip
    return Report(**facts)


@pytest.fixture(scope="module")
def report(survey_of_small):
    return report_of(*survey_of_small)


@pytest.fixture(scope="module")
def page(report):
    return page_of(report)


class TestAnswers:
    @pytest.mark.parametrize(
        ("gone", "until"),
        [
            ("Pilsko", "# Nobody has put one there"),
            ("Kubínska hoľa", '[[radars]]\nname = "Pilsko"'),
        ],
    )
    def test_answers_without_a_radar_are_those_of_a_survey_without_it(
        self, survey_of_small, tmp_path_factory, gone, until
    ):
        def without(text):
            head, _, rest = text.partition(f'[[radars]]\nname = "{gone}"')
            return head + rest[rest.index(until) :]

        shield, whole = survey_of_small
        _, found = surveyed(small_shield(tmp_path_factory.mktemp("less"), edit=without))
        left = [one.radar.name for one in found.radars]
        assert len(left) == 2
        assert gone not in left
        got = answers_with(whole, cover_asked(shield), warning_asked(shield), left)
        assert list(got) == [(one.kind, one.name) for one in found.answers]
        for one in found.answers:
            there = got[one.kind, one.name]
            assert (there.verdict, there.low, there.high) == (
                one.verdict,
                pytest.approx(one.low),
                pytest.approx(one.high),
            )

    def test_outside_enablers_are_those_whose_radars_are_left_out(self, report):
        told = report.chapters[0].document["enablers"]
        assert told["names"] == ["Outside enabler"]
        assert told["radars"] == ["Pilsko"]
        assert any(one["verdict"] != "holds" for one in told["requirements_without"])

    def test_the_document_has_the_survey_figures(self, report, survey_of_small):
        _, found = survey_of_small
        chapter = json.loads(json.dumps(document_of(report), allow_nan=False))["chapters"]["cover"]
        assert [one["low"] for one in chapter["requirements"]] == [one.low for one in found.answers]
        lost = {
            (row["layer"], row["contributor"]): row["lost_area_m2"]
            for row in found.contributor_value.to_pylist()
        }
        assert chapter["contributor_value"]
        for row in chapter["contributor_value"]:
            assert row["lost_area_m2"] == lost[row["layer"], row["contributor"]]

    def test_the_worst_requirement_gives_the_verdict(self, report, survey_of_small):
        shield, found = survey_of_small
        verdicts = {one.verdict for one in found.answers}
        assert report.verdict == ("fails" if "fails" in verdicts else "unknown")
        fine = [replace(one, verdict="holds", low=1.0, high=1.0) for one in found.answers]
        holds = report_of(shield, replace(found, answers=tuple(fine)))
        assert holds.verdict == "holds"
        assert "meet all 4 requirements" in holds.chapters[0].answer[0]
        missed = [replace(fine[0], verdict="fails", low=0.1, high=0.2), *fine[1:]]
        fails = report_of(shield, replace(found, answers=tuple(missed)))
        assert fails.verdict == "fails"
        assert "miss 1 of 4 requirements" in fails.chapters[0].answer[0]
        assert "20 % at best" in fails.chapters[0].answer[1]
        assert "60 points short" in fails.chapters[0].answer[1]

    def test_a_shield_that_asks_for_nothing_neither_holds_nor_fails(self, survey_of_small):
        shield, found = survey_of_small
        bare = replace(found, answers=(), warning=found.warning.slice(0, 0))
        chapter = cover_chapter(shield, bare)
        assert chapter.verdict == "nothing asked"
        assert "asks for no cover" in chapter.answer[0]
        assert "cover-warning" not in [section.name for section in chapter.sections]

    def test_a_shield_without_radars_says_so(self, small, tmp_path):
        place = tmp_path / "none"
        shutil.copytree(small, place)
        text = (place / "shield.toml").read_text(encoding="utf-8")
        text = text.replace("sac = 0\nsic = 1\n", "")
        text = text.replace("antenna_agl_m = 25.0", 'antenna_agl_m = 25.0\nstatus = "candidate"')
        text = text.replace('type = "TRML-4D"', 'type = "TRML-4D"\nstatus = "candidate"')
        head, _, rest = text.partition('name = "Kubínska hoľa"')
        (place / "shield.toml").write_text(
            f'{head}name = "Kubínska hoľa"\nstatus = "candidate"{rest}', encoding="utf-8"
        )
        shield, found = cover_shield(CoverPlan(shield=place, heights=HEIGHTS[:1],
                                     targets=("light aircraft",), step_m=1000.0))  # fmt: skip
        made = report_of(shield, found)
        assert made.verdict == "fails"
        assert made.chapters[0].answer[0].startswith("No radar of carpathians stands yet")
        Elements(page_of(made))


class TestPage:
    def test_nothing_is_fetched_and_nothing_runs(self, page):
        for name, attributes in Elements(page).found:
            assert name not in ("script", "link", "iframe", "object", "form")
            for key, value in attributes.items():
                assert not key.startswith("on")
                if key in ("href", "src"):
                    assert value.startswith(("#", "data:image/png;base64,"))
        assert "http://" not in page
        assert "https://" not in page
        assert "url(" not in page

    def test_every_name_is_used_once_and_every_link_leads_somewhere(self, page):
        found = Elements(page).found
        names = [attributes["id"] for _, attributes in found if "id" in attributes]
        assert len(set(names)) == len(names)
        links = [attributes["href"][1:] for name, attributes in found if name == "a"]
        assert links
        assert set(links) <= set(names)
        for _, attributes in found:
            assert set(attributes.get("aria-labelledby", "").split()) <= set(names)

    def test_tables_can_be_read_aloud(self, page):
        found = Elements(page).found
        tables = sum(name == "table" for name, _ in found)
        assert tables > 5
        assert sum(name == "caption" for name, _ in found) == tables
        heads = [attributes for name, attributes in found if name == "th"]
        assert {one.get("scope") for one in heads} == {"col", "row"}

    def test_it_says_what_it_rests_on(self, page, report, survey_of_small):
        shield, found = survey_of_small
        texts = " ".join(text for _, text in Elements(page).texts)
        for fact in (shield.digest, found.stamp["terrain_digest"], "N49E019.hgt.zip", "k = 4/3",
                     "1 March 2026, 12:00 UTC", "airshield 9.9", "Planning estimate"):  # fmt: skip
            assert fact in texts
        assert str(shield.folder) not in page
        for one in report.chapters[0].answer:
            assert one in texts
        # Whoever's power nobody told is told to be unknown.
        assert "unknown: sees nothing surely" in texts

    def test_words_of_a_shield_stay_words(self, survey_of_small):
        shield, found = survey_of_small
        evil = '<script>alert("&")</script>'
        made = report_of(replace(shield, about=evil), found, shield=evil)
        elements = Elements(page_of(made))
        assert "script" not in [name for name, _ in elements.found]
        assert ("h1", evil) in elements.texts

    def test_the_same_plan_at_the_same_time_makes_the_same_page(self, page, survey_of_small):
        assert page_of(report_of(*survey_of_small)) == page


@pytest.mark.browser
def test_a_browser_shows_it_on_screens_large_and_small_in_light_and_dark_and_prints_it(
    page,
    tmp_path,
    browsers,
):
    file = tmp_path / "report.html"
    file.write_text(page, encoding="utf-8")
    papers = {}
    for theme in ("light", "dark"):
        look = browsers("canvas").new_page(
            viewport={"width": 390, "height": 800}, color_scheme=theme
        )
        asked, said = [], []
        look.on("request", lambda one, asked=asked: asked.append(one.url))
        look.on("console", lambda one, said=said: said.append(one.text))
        look.goto(file.as_uri())
        assert [url for url in asked if not url.startswith("data:")] == [file.as_uri()]
        assert said == []
        # Wide tables scroll by themselves; the page never does sideways.
        assert look.evaluate("document.documentElement.scrollWidth") == 390
        papers[theme] = look.evaluate("getComputedStyle(document.body).backgroundColor")
        cells = look.evaluate(
            "Promise.all([...document.querySelectorAll('image')].map(async one => {"
            " const image = new Image(); image.src = one.getAttribute('href');"
            " await image.decode(); return image.naturalWidth; }))"
        )
        assert cells
        assert set(cells) == {520}
        assert look.pdf(prefer_css_page_size=True).startswith(b"%PDF")
        look.close()
    assert papers["light"] != papers["dark"]


def bearing(azm, warned, *, needed=10.0, status="confirmed", verdict="holds"):
    return {"azm_true_deg": azm, "warning_min": warned, "required_min": needed, "status": status,
            "verdict": verdict}  # fmt: skip


def test_a_rose_points_to_where_the_target_comes_from_as_far_as_it_warns():
    rows = [bearing(azm, 5.0 + azm / 30.0) for azm in (0.0, 90.0, 180.0, 270.0)]
    drawn = rose(rows, ring_min=20.0, name="r", title="t", words="w")
    (path,) = (one["d"] for _, one in Elements(drawn).found if one.get("class") == "enough")
    for wedge, row in zip(path.split("Z")[:-1], rows, strict=True):
        before, _, after = wedge.partition("A")
        ends = [complex(*map(float, part.split()[-2:])) for part in (before.split("L")[1], after)]
        # East is to the right and north is up, where y is less.
        middle = sum(ends) / 2.0
        azm_deg = math.degrees(math.atan2(middle.real, -middle.imag)) % 360.0
        assert (azm_deg - row["azm_true_deg"] + 180.0) % 360.0 == pytest.approx(180.0, abs=0.5)
        for end in ends:
            assert abs(end) == pytest.approx(100.0 * row["warning_min"] / 20.0, abs=0.1)


def test_the_ring_of_roses_is_where_it_matters():
    hours = [bearing(0.0, 400.0), bearing(90.0, 12.0)]
    assert rose_ring_min(hours) == 30.0
    drawn = rose(hours, ring_min=30.0, name="r", title="t", words="w")
    assert "A100.0 100.0" in drawn  # not beyond the ring
    assert rose_ring_min([bearing(0.0, 4.0), bearing(90.0, None)]) == 10.0
    assert rose_ring_min([bearing(0.0, 44.0, needed=None)]) == 50.0


def test_no_warning_is_drawn_in_its_own_colour():
    rows = [bearing(0.0, None, status="unseen", verdict="fails"),
            bearing(90.0, 5.0, verdict="fails"),
            bearing(180.0, None, status="unknown", verdict="unknown"),
            bearing(270.0, 15.0)]  # fmt: skip
    drawn = rose(rows, ring_min=20.0, name="r", title="t", words="w")
    kinds = [a.get("class") for name, a in Elements(drawn).found if name == "path"]
    assert sorted(kinds) == ["doubt", "enough", "never", "short"]


class TestHtml:
    def test_text_is_escaped_and_markup_is_not(self):
        assert tag("p", "a<b", tag("b", "c&d"), class_='"x"') == (
            '<p class="&quot;x&quot;">a&lt;b<b>c&amp;d</b></p>'
        )
        assert join(["<", Markup("<br/>")], " ") == "&lt; <br/>"

    def test_cells_of_a_table_are_escaped(self):
        assert "<i>" not in table("<i>", ["<i>"], [["<i>"]])


class TestCommand:
    def test_it_writes_one_page_and_tells_the_same_as_data(self, small, tmp_path):
        out = tmp_path / "out.html"
        done = run("report", small, "--to", out, "--json")
        assert done.code == (0 if done.document["holds"] == "holds" else 1), done.err
        assert done.document["file"] == str(out)
        assert done.document["kind"] == "planning estimate"
        assert out.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
        assert [path.name for path in tmp_path.iterdir()] == ["out.html"]

    def test_a_place_that_cannot_be_written_is_told_before_the_work(self, small, tmp_path):
        done = run("report", small, "--to", tmp_path / "no" / "such" / "out.html")
        assert done.code == 2
        assert "Traceback" not in done.err
        assert "--to OUT.html" in done.err
        with pytest.raises(StoreError, match="it is a folder"):
            write_page(None, tmp_path)

    def test_a_page_that_fails_half_way_leaves_the_old_one(self, tmp_path, monkeypatch):
        out = tmp_path / "out.html"
        out.write_text("old", encoding="utf-8")

        def full(*_):
            raise OSError(28, "No space left on device")

        monkeypatch.setattr("os.replace", full)
        with pytest.raises(StoreError, match="No space left"):
            write_page("new", out)
        assert [path.name for path in tmp_path.iterdir()] == ["out.html"]
        assert out.read_text(encoding="utf-8") == "old"

    def test_documents_of_other_studies_make_chapters_behind_that_of_cover(self, small):
        plan = CoverPlan(shield=small, heights=HEIGHTS, targets=("light aircraft",), step_m=500.0,
                         threads=1)  # fmt: skip
        made = make_report(
            plan, now=lambda: MADE, sustain=sustain_document(), depend=depend_document()
        )
        assert [one.name for one in made.chapters] == ["cover", "sustain", "depend"]
        whole = Elements(page_of(made))
        names = [attributes["id"] for _, attributes in whole.found if "id" in attributes]
        assert len(set(names)) == len(names)
        # The territory is drawn, and sources are told once.
        assert "border" in {attributes.get("class") for _, attributes in whole.found}
        assert sum(row[0] == "fighter readiness" for row in whole.rows) == 2  # and what it moves

    def test_it_asks_where_to(self, small):
        done = run("report", small)
        assert done.code == 2
        assert "--to report.html" in done.err
