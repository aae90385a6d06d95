"""Chapters of endurance and dependence: what they say is what the documents say, never better."""

import copy
import json
import re
from datetime import UTC, datetime

import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from airshield.report import Report, document_of, page_of
from airshield.report.depend import depend_chapter
from airshield.report.depend.study import Study
from airshield.report.sustain import sustain_chapter
from airshield.report.sustain.answer import sized_on, sized_words
from page_elements import Elements
from plan_documents import (
    ASKED,
    ENABLER,
    WHO,
    depend_document,
    reached_by,
    sustain_document,
    with_nothing_known,
)

MADE = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
AREA = shapely.box(22.0, 45.0, 40.0, 52.0)


def report_of(*chapters, **more):
    facts = {"shield": "ukraine", "about": "", "digest": "5a" * 32, "version": "9.9",
             "made": MADE, "chapters": chapters, **more}  # fmt: skip
    return Report(**facts)


def part(chapter, name):
    (found,) = [one.body for one in chapter.sections if one.name == f"{chapter.name}-{name}"]
    return Elements(found)


def changed(document, edit):
    document = copy.deepcopy(document)
    edit(document)
    return document


@pytest.fixture(scope="module")
def sustain():
    return sustain_chapter(sustain_document(), area=AREA)


@pytest.fixture(scope="module")
def depend():
    return depend_chapter(depend_document())


@pytest.fixture(scope="module")
def study():
    return Study(document=depend_document())


@pytest.fixture(scope="module")
def page(sustain):
    return page_of(report_of(sustain, depend_chapter(depend_document(), told_by=sustain)))


class TestEndurance:
    def test_the_answer_says_what_fails_first_and_why(self, sustain):
        own = sustain_document()["answer"]
        assert list(sustain.answer[: len(own)]) == own
        more = " ".join(sustain.answer[len(own) :])
        # South fails on day 19 and Kyiv on day 23, the store between them on day 17.
        assert more.startswith("First to give way is the fuel at Câmpia Turzii, out from day 17.")
        assert "Station South fails from day 19: fuel at Câmpia Turzii is out since" in more
        assert "station Kyiv fails" not in more
        # 0.6251 of 64 runs are 40.006: more than 40.
        assert "in 41 of 64 runs" in more
        assert "2 stations (Kyiv and South) are sized on means" in more

    def test_a_cause_that_is_told_is_not_told_again(self):
        why = "Station South fails from day 19: fuel at Câmpia Turzii is out since day 17, because "
        why += "Bucharest railhead to Câmpia Turzii fuel carries 340 of 410 t/day."
        document = changed(sustain_document(), lambda one: one["answer"].append(why))
        assert sum(why in one for one in sustain_chapter(document).answer) == 1

    def test_a_station_that_fails_before_any_store_is_out_fails_first(self):
        document = changed(
            sustain_document(), lambda one: one["stations"][0].update(fails_from=3, chance=1.0)
        )
        more = " ".join(sustain_chapter(document).answer)
        assert "First to give way" not in more
        assert "Station West fails from day 3." in more

    def test_where_nothing_fails_nothing_is_said_to(self):
        def mend(document):
            for one in document["stations"]:
                one.update(fails_from=None, chance=0.0, why=None, chain=[], aircraft=99,
                           fleet_bad=9)  # fmt: skip
            for one in document["bases"]:
                one["first_out_day"] = None
            for one in document["supply"]["nodes"]:
                one["first_short_day"] = None

        document = changed(sustain_document(), mend)
        assert list(sustain_chapter(document).answer) == document["answer"]

    @given(
        there=st.one_of(st.none(), st.integers(0, 30)),
        formula=st.one_of(st.none(), st.floats(0.0, 30.0)),
        mean=st.one_of(st.none(), st.integers(0, 30)),
        bad=st.one_of(st.none(), st.integers(0, 30)),
    )
    def test_a_plan_is_never_called_enough_on_less_than_the_bad_runs_take(
        self, there, formula, mean, bad
    ):
        station = {"aircraft": there, "formula": formula, "fleet_mean": mean, "fleet_bad": bad}
        said = sized_words(station)
        known = there is not None and bad is not None
        assert (said == "enough in bad runs too") == (known and there >= bad)
        assert ("unknown" in said) == (not known)
        assert (sized_on(station) == "mean") == (known and mean is not None and mean <= there < bad)
        by_means = [least for least in (formula, mean) if least is not None]
        assert ("sized on" in said) == (
            known and there < bad and any(there >= least for least in by_means)
        )

    def test_the_three_fleets_stand_beside_what_is_there(self, sustain):
        rows = part(sustain, "stations")
        cells = [row[1:] for row in rows.table("Aircraft that each") if row[0].startswith("Kyiv")]
        assert cells == [
            ["sized on a mean: 18 are enough on average, the worst 5 % of runs take 21",
             "2", "14.3", "17", "21", "18"]
        ]  # fmt: skip

    def test_figures_of_the_table_are_those_of_the_document_rounded_down(self, sustain):
        rows = part(sustain, "asked")
        assert rows.row("Fuel for a month at Lublin")[3:5] == [
            "30 days",
            "34.9 days (31.2 to 38.4)",
        ]
        for one in sustain_document()["requirements"][:5]:
            told = rows.row(one["name"])
            assert told[1].endswith(one["verdict"])
            assert float(told[4].split(" %")[0]) <= 100.0 * one["value"]
            assert float(told[4].split(" %")[0]) > 100.0 * one["value"] - 0.1001

    def test_a_chain_of_causes_is_told_link_by_link(self, sustain):
        text = part(sustain, "stations").text
        assert "South: fuel is out at Câmpia Turzii, since day 17." in text
        assert text.index("South fails from day 19:") < text.index("Kyiv fails from day 23:")

    def test_why_a_station_fails_is_told_once_and_why_a_stock_does_with_its_requirement(self):
        def fail(document):
            document["requirements"][5].update(verdict="fails", why="nothing comes from Warsaw")

        asked = part(sustain_chapter(changed(sustain_document(), fail)), "asked").text
        assert "Fuel for a month at Lublin : Nothing comes from Warsaw." in asked
        assert "Câmpia Turzii is out" not in asked

    def test_what_was_lacking_is_counted_in_days(self, sustain):
        rows = part(sustain, "stations").table("What was lacking most")
        (row,) = (row for row in rows if row[0] == "South")
        # Day 17 to 21 repair, then fuel to the end of 60 days.
        told = "fuel is out: 38 days; too few aircraft: most are in repair: 5 days"
        assert row == ["South", told, "17"]

    def test_stores_are_drawn_once_and_the_first_to_run_out_in_front(self, sustain):
        drawn = [data for name, data in part(sustain, "stocks").texts if name == "strong"]
        assert drawn[:3] == ["Câmpia Turzii", "Bacău", "Mihail Kogălniceanu"]
        # Powidz is a base at a depot whose stock is known: one store, not two.
        assert "Powidz" in drawn
        assert "Powidz depot" not in drawn
        assert len(drawn) == len(set(drawn)) == 8

    def test_numbers_on_the_map_are_rows_of_the_table(self, sustain):
        badges = [data for _, data in part(sustain, "map").texts if re.fullmatch(r"\d+", data)]
        rows = part(sustain, "supply").table("The weakest ways")
        edges = {one["edge"]: one for one in sustain_document()["supply"]["edges"]}
        assert sorted(badges[: len(rows)]) == [row[0].split()[0] for row in rows]
        lost = []
        for row in rows:
            edge = edges[row[0].split(" ", 1)[1]]
            lost.append(edge["loss_t_per_day"])
            assert float(row[6].split()[0].replace(",", "")) >= edge["loss_t_per_day"] - 1e-6
            assert row[3] == (", ".join(edge["sole_way_to"]) or "–")
        assert lost == sorted(lost, reverse=True)
        assert max(one["loss_t_per_day"] or 0.0 for one in edges.values()) == lost[0]

    def test_a_cost_that_leaves_something_out_is_at_least_that(self, sustain):
        text = part(sustain, "fleets").text
        assert "at least 12.4 million USD of variable cost a month" in text
        assert "unknown: Multinational tankers: tankers at Eindhoven" in text
        whole = changed(sustain_document(), lambda one: one["cost"].update(left_out=[]))
        assert "at least" not in part(sustain_chapter(whole), "fleets").text

    def test_facts_estimates_and_assumptions_stand_apart_with_range_and_source(self, sustain):
        sources = part(sustain, "sources")
        captions = [data for name, data in sources.texts if name == "caption"]
        assert [one.split(":")[0] for one in captions] == ["Facts", "Estimates", "Assumptions"]
        assert sources.row("fighter readiness")[1:3] == ["0.7153", "0.55 to 0.75"]
        told = [row[0] for row in sources.rows if len(row) == 6 and row[0] != "factor"]
        factors = sustain_document()["assumptions"]
        assert sorted(told) == sorted(one["name"] for one in factors)
        links = {one["href"] for name, one in sources.found if name == "a"}
        assert links == {one["url"] for one in factors if one["url"]}

    def test_an_assumption_without_a_range_is_told_to_have_none(self):
        def bare(document):
            for one in document["assumptions"]:
                one.update(low=None, high=None)

        sources = part(sustain_chapter(changed(sustain_document(), bare)), "sources")
        assert {row[2] for row in sources.table("Assumptions")} == {"range unknown"}
        assert {row[2] for row in sources.table("Facts")} == {"–"}

    def test_an_address_that_is_no_address_stays_words(self):
        evil = "javascript:alert(1)"
        document = changed(sustain_document(), lambda one: one["assumptions"][0].update(url=evil))
        sources = part(sustain_chapter(document), "sources")
        assert all(one.get("href") != evil for _, one in sources.found)
        assert evil in sources.text

    def test_whoever_is_left_out_is_named_first(self):
        chapter = sustain_chapter(sustain_document(without=[ENABLER]))
        assert part(chapter, "asked").text.startswith(
            "Worked out without Outside enablers, gone from day 0 on."
        )

    def test_a_shield_without_anything_says_so(self):
        def empty(document):
            for name in ("requirements", "stations", "fleets", "bases", "assumptions", "cautions"):
                document[name] = []
            document["supply"] = None
            document["holds"] = "nothing asked"

        chapter = sustain_chapter(changed(sustain_document(), empty))
        assert chapter.verdict == "nothing asked"
        said = {one.name.partition("-")[2]: Elements(one.body).text for one in chapter.sections}
        assert "asks for no station and no stock" in said["asked"]
        assert "nothing of supply" in said["supply"]
        assert "no map" in said["map"]
        assert "what this rests on is unknown" in said["sources"]
        Elements(page_of(report_of(chapter)))

    def test_the_document_goes_on_as_data(self, sustain):
        told = json.loads(json.dumps(document_of(report_of(sustain)), allow_nan=False))
        chapter = told["chapters"]["sustain"]
        assert chapter["stations"] == sustain_document()["stations"]
        assert chapter["answer"] == list(sustain.answer)
        assert told["holds"] == chapter["holds"] == "fails"


class TestDependence:
    def test_with_and_without_the_enablers_comes_first(self, depend):
        assert depend.sections[0].name == "depend-compared"
        rows = Elements(depend.sections[0].body)
        head = rows.rows[0]
        assert head == ["requirement", "asked", "with everybody", "reached",
                        "without the enablers", "reached"]  # fmt: skip
        first = rows.table("Every requirement")
        assert [row[0] for row in first] == [one[0] for one in ASKED]
        assert first[0][2:] == ["✓ holds", "90 % (88.8 to 91.2)", "✗ fails", "69 % (67.8 to 70.2)"]
        assert first[4][2:] == ["? unknown", "unknown", "✗ fails", "0 %"]
        assert first[6][2:] == ["? unknown", "5 of 6 (5 to 6)", "✗ fails", "3 of 6"]

    @given(share=st.floats(0.0, 1.0))
    def test_a_part_of_a_requirement_is_no_requirement_that_holds(self, study, share):
        held, _, many = study.reached(study.whole, share).partition(" of ")
        lost = float(study.lost(study.whole, share).partition(" of ")[0])
        assert many == "6"
        assert int(held) <= 6.0 * share + 1e-6 < int(held) + 1 + 1e-5
        assert 6.0 * share - 1e-6 <= lost < 6.0 * share + 0.1 + 1e-6

    def test_each_is_left_out_once(self, depend):
        text = part(depend, "compared")
        rows = [row[0] for row in text.rows if row[0].startswith("without")]
        # A single enabler is all of them: twice the same row would only be longer.
        assert rows == 2 * [f"without {one[0]}" for one in WHO]

        def two(document):
            document["contributors"][4]["kind"] = "enabler"

        more = part(depend_chapter(changed(depend_document(), two)), "compared")
        assert [row[0] for row in more.rows].count("without the enablers") == 2

    def test_who_carries_everything_and_whom_nobody_misses_are_told(self, depend):
        said = " ".join(depend.answer)
        assert (
            "Outside enablers (4 Airborne radar, 10 Tanker, 2 radars): nothing holds with it "
            "alone, yet without it “Light aircraft at 300 m” and “Airborne radar north” hold no "
            "longer."
        ) in said
        assert "Without European state A (18 Fighter) no answer is worse" in said
        # Poland alone holds something: fuel. Whatever it carries, it is no such case.
        assert "Poland (16 Fighter" not in part(depend, "worth").text

    def test_carriers_and_unmissed_are_those_of_the_game(self, depend):
        """By the rule that made the figures, not by the document."""
        items = [data for name, data in part(depend, "worth").texts if name == "li"]
        everybody = 2 ** len(WHO) - 1

        def holds(mask):
            found = reached_by(mask, drones=None)
            return {
                asked[0]
                for value, asked in zip(found, ASKED[:-1], strict=True)
                if value is not None
                and value - 0.012 * (asked[2] if asked[3] == "days" else value > 0.0) >= asked[2]
            }

        for k, one in enumerate(WHO):
            without, alone = holds(everybody & ~(1 << k)), holds(1 << k)
            lost = holds(everybody) - without
            carries = any(item.startswith(f"{one[0]} (") for item in items)
            unmissed = any(item.startswith(f"Without {one[0]} (") for item in items)
            assert carries == (bool(lost) and not alone), one[0]
            worse = lost or (one[0] == ENABLER)
            assert unmissed == (not worse), one[0]

    def test_nobody_has_a_veto_over_what_does_not_hold_anyway(self):
        def claim(document):
            for row in document["dependence"]:
                if row["requirement"] == "Border watch":
                    row["is_veto"] = True

        told = part(depend_chapter(changed(depend_document(), claim)), "worth")
        vetoes = {row[0]: row[2] for row in told.table("All requirements together")}
        assert vetoes["European state Amember"] == "no"
        assert not any("Border watch" in veto for veto in vetoes.values())

    def test_the_largest_share_that_nobody_misses_is_called_so(self):
        def boost(document):
            for row in document["dependence"]:
                if (row["contributor"], row["requirement"]) == (
                    "European state A",
                    "all requirements",
                ):
                    row["share"] = 0.9

        said = " ".join(depend_chapter(changed(depend_document(), boost)).answer)  # fmt: skip
        assert "no answer is worse, though its share of the whole is the largest" in said

    def test_shares_of_a_requirement_add_up_to_what_all_reach(self, depend):
        rows = part(depend, "worth").table("What each contributor brings on average")
        column = [float(row[1].removesuffix(" points")) for row in rows]
        assert len(column) == len(WHO)
        assert sum(column) == pytest.approx(90.0, abs=0.05 * len(WHO))

    def test_losses_are_never_told_smaller(self, depend):
        document = depend_document()
        lost = {(one["contributor"], one["requirement"]): one for one in document["dependence"]}
        table = part(depend, "worth").table("What each requirement loses")
        assert [row[0] for row in table] == [one[0] for one in WHO]
        for row in table:
            loss = lost[row[0], ASKED[0][0]]["loss"]
            assert 100.0 * loss - 1e-6 <= float(row[1].split(" points")[0]) < 100.0 * loss + 0.1

    def test_vetoes_and_least_coalitions_are_told_where_the_whole_holds(self, depend):
        whole = depend_chapter(depend_document(drones=0.93))
        assert whole.verdict == "holds"
        told = part(whole, "together")
        who = "Ukraine, Poland, Romania and Outside enablers"
        assert f"{who} have a veto" in told.text
        assert told.row("1") == ["1", who, "4"]
        doubt = part(depend, "together").text
        assert "does not surely hold even with everybody" in doubt
        assert "No coalition that was worked out makes everything hold" in doubt

    def test_pairs_that_only_matter_together_stand_first(self, depend):
        rows = part(depend, "together").table("The worst pairs")
        beyond = [float(row[3].split()[0]) for row in rows]
        assert all(beyond)
        assert rows[0] == ["Poland and European state A", "Kyiv around the clock", "46.2 points",
                           "46.2 points"]  # fmt: skip

    def test_a_withdrawal_is_told_by_day_for_whoever_changes_an_answer(self, depend):
        rows = part(depend, "withdrawal")
        assert rows.rows[0] == ["", "day 0", "day 14", "day 30"]
        assert [row[0] for row in rows.table("All requirements")] == [one[0] for one in WHO]
        assert [row[0] for row in rows.table("Fuel in the north")] == ["Poland"]
        assert not any(told.startswith("Kyiv") for told, _ in rows.tables)

    def test_replacements_say_what_when_and_for_how_much_or_that_nothing_helps(self, depend):
        rows = part(depend, "replacements")
        assert rows.row(ENABLER)[1:] == [
            "✓ holds", "4 x Airborne radar at Powidz and 8 x Tanker at Powidz",
            "Four airborne radars and eight tankers.", "61.3 million USD", "90 days",
        ]  # fmt: skip
        assert rows.row("Poland")[1:3] == ["✗ fails", "nothing that could be brought is enough"]
        assert rows.row("European state A")[2] == "nothing"

    def test_assumptions_that_decide_stand_in_order_and_unknown_ones_are_named(self, depend):
        rows = part(depend, "screening")
        assert [row[:3] for row in rows.rows[1:4]] == [
            ["fighter readiness", "Kyiv around the clock", "14.4 points"],
            ["tanker offload", "Kyiv around the clock", "6 points"],
            ["weather closure", "Kyiv around the clock", "0 points"],
        ]
        assert (
            rows.row("Fuel in the north")[1]
            == "base fuel stock (12.1 days); fighter burn (4.4 days)"
        )
        assert "What they move is unknown: drone turnaround." in rows.text

    def test_a_sample_of_coalitions_says_that_it_is_one(self, depend):
        assert "All 64 coalitions were worked out" in part(depend, "cautions").text
        sample = changed(depend_document(), lambda one: one["coalitions"].update(is_complete=False))
        assert "A sample of 64 coalitions" in part(depend_chapter(sample), "cautions").text

    def test_factors_that_another_chapter_tells_are_not_told_twice(self, sustain):
        def another(document):
            document["assumptions"].append({**document["assumptions"][0], "name": "ours alone"})

        document = changed(depend_document(), another)
        sources = part(depend_chapter(document, told_by=sustain), "sources")
        assert [row[0] for row in sources.rows[1:]] == ["ours alone"]
        assert "8 planning factors are those of" in sources.text
        assert ("a", {"href": "#sustain-sources"}) in sources.found

    def test_coalitions_one_by_one_are_left_to_the_command(self, depend):
        assert "coalitions" not in depend.document
        assert depend.document["pairs"] == depend_document()["pairs"]


class TestUnknown:
    @pytest.mark.parametrize(
        ("make", "document"),
        [(sustain_chapter, sustain_document()), (depend_chapter, depend_document())],
        ids=["sustain", "depend"],
    )
    def test_what_nobody_knows_is_never_a_zero(self, make, document):
        chapter = make(with_nothing_known(document))
        assert chapter.verdict == "unknown"
        page = Elements(page_of(report_of(chapter)))
        zero = re.compile(r"\b0 (%|t\b|points|days|of)")
        found = [cell for row in page.rows for cell in row if zero.search(cell)]
        assert found == []
        assert sum("unknown" in cell for row in page.rows for cell in row) > 100

    def test_days_that_nobody_knows_are_hatched(self):
        document = with_nothing_known(sustain_document(), keep=["fleet_bad"])
        chapter = sustain_chapter(document)
        looks = [one.get("class") for _, one in part(chapter, "stations").found]
        assert looks.count("doubt") == len(document["stations"])
        assert "mean" not in looks

    def test_ways_whose_flow_nobody_knows_are_dotted(self):
        chapter = sustain_chapter(with_nothing_known(sustain_document()))
        looks = [one.get("class") for _, one in part(chapter, "map").found]
        assert looks.count("way doubt") == 13 + 1  # and in the legend
        assert "way" not in looks


class TestPage:
    def test_nothing_is_fetched_and_sources_are_only_named(self, page):
        for name, attributes in Elements(page).found:
            assert name not in ("script", "link", "iframe", "object", "form", "img")
            for key, value in attributes.items():
                assert not key.startswith("on")
                if key in ("href", "src") and not value.startswith("#"):
                    assert name == "a"
                    assert value.startswith(("https://", "http://"))
                    assert attributes["rel"] == "noreferrer noopener"
        assert "url(" not in page

    def test_every_name_is_used_once_and_every_link_leads_somewhere(self, page):
        found = Elements(page).found
        names = [attributes["id"] for _, attributes in found if "id" in attributes]
        assert len(set(names)) == len(names)
        links = {a["href"][1:] for name, a in found if name == "a" and a["href"].startswith("#")}
        assert links
        assert links <= set(names)
        for _, attributes in found:
            assert set(attributes.get("aria-labelledby", "").split()) <= set(names)

    def test_every_row_has_as_many_cells_as_its_head(self, page):
        tables = Elements(page).tables
        assert len(tables) > 25
        for told, rows in tables:
            assert {len(row) for row in rows} == {len(rows[0])}, told

    def test_the_contents_name_the_chapters_with_their_answers(self, page):
        nav = page[page.index("<nav") : page.index("</nav>")]
        text = Elements(nav).text
        assert text.index("Endurance") < text.index("✗ fails") < text.index("Dependence")

    def test_the_foot_of_a_sheet_has_the_plan_and_nothing_can_end_it(self):
        evil = '"; } </style><script>alert("&")</script>'
        made = page_of(report_of(sustain_chapter(sustain_document()), shield=evil))
        assert made.count("</style>") == 1
        style = made[: made.index("</style>")]
        (foot,) = re.findall(r'@bottom-left \{ content: "([^"]*)"; \}', style)
        told = "".join(chr(int(one, 16)) for one in re.findall(r"\\([0-9a-f]+) ", foot))
        assert told == f"{evil} · planning estimate · plan 5a5a5a5a5a5a"

    def test_words_of_a_document_stay_words(self):
        evil = '<script>alert("&")</script>'

        def spoil(node):
            if isinstance(node, dict):
                return {key: spoil(value) for key, value in node.items()}
            if isinstance(node, list):
                return [spoil(one) for one in node]
            return f"{node}{evil}" if node in ("South", "West", ENABLER, "Poland") else node

        made = page_of(
            report_of(
                sustain_chapter(spoil(sustain_document())), depend_chapter(spoil(depend_document()))
            )
        )
        elements = Elements(made)
        assert "script" not in [name for name, _ in elements.found]
        assert f"South{evil}" in elements.text

    def test_the_same_documents_make_the_same_page(self, page, sustain):
        again = sustain_chapter(sustain_document(), area=AREA)
        assert page_of(report_of(again, depend_chapter(depend_document(), told_by=again))) == page


@pytest.mark.browser
def test_a_browser_shows_it_on_a_phone_in_light_and_dark_and_prints_it(page, tmp_path, browsers):
    file = tmp_path / "report.html"
    file.write_text(page, encoding="utf-8")
    look = browsers("canvas").new_page(viewport={"width": 390, "height": 800}, color_scheme="light")
    asked, said = [], []
    look.on("request", lambda one: asked.append(one.url))
    look.on("console", lambda one: said.append(one.text))
    look.goto(file.as_uri())
    assert look.evaluate("document.documentElement.scrollWidth") == 390
    # What lines are drawn in differs from what they are drawn on, whatever the theme.
    ask = (
        "['.mean', '.way', '.sign', '.days .told'].map(one => {"
        " const style = getComputedStyle(document.querySelector(one));"
        " return one === '.mean' || one === '.way' ? style.stroke : style.fill; })"
        ".concat(getComputedStyle(document.body).backgroundColor)"
    )
    colours = {}
    for theme in ("light", "dark"):
        look.emulate_media(color_scheme=theme)
        colours[theme] = look.evaluate(ask)
        assert colours[theme][-1] not in colours[theme][:-1]
    assert all(a != b for a, b in zip(colours["light"], colours["dark"], strict=True))
    assert look.pdf(prefer_css_page_size=True).startswith(b"%PDF")
    assert asked == [file.as_uri()]
    assert said == []
    look.close()
