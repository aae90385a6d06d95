"""A report as one HTML page that needs nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from importlib.resources import files
from typing import Final

from airshield.report.chapters import Chapter, Report
from airshield.report.html import Markup, join, tag

VERDICT_WORDS: Final = {
    "holds": "holds",
    "fails": "fails",
    "unknown": "unknown",
    "nothing asked": "nothing asked",
}
_SIGNS: Final = {"holds": "✓", "fails": "✗", "unknown": "?", "nothing asked": "–"}


def verdict_of(verdict: str) -> Markup:
    """A verdict as a badge: a sign and a word, so that no colour is needed to read it."""
    return tag(
        "span",
        tag("span", _SIGNS[verdict], aria_hidden="true"),
        f" {VERDICT_WORDS[verdict]}",
        class_=f"verdict {verdict.replace(' ', '-')}",
    )


def page_of(report: Report) -> str:
    """Make the page: HTML of one file, in UTF-8, that loads nothing and runs nothing."""
    style = files("airshield.report").joinpath("style.css").read_text(encoding="utf-8")
    title = f"{report.shield}: report of the plan"
    head = tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="color-scheme", content="light dark"),
        tag("meta", name="generator", content=f"airshield {report.version}"),
        # Nothing may be fetched, whatever a shield's texts say.
        tag(
            "meta",
            http_equiv="Content-Security-Policy",
            content="default-src 'none'; style-src 'unsafe-inline'; img-src data:",
        ),
        tag("title", title),
        tag("style", Markup(style + _paper(report))),
    )
    body = tag(
        "body",
        tag(
            "header",
            tag("p", "Planning estimate", class_="kind"),
            tag("h1", report.shield),
            tag("p", report.about, class_="about") if report.about else None,
            tag(
                "p",
                verdict_of(report.verdict),
                f" {_date(report)} · airshield {report.version} · plan {report.digest[:12]}",
                class_="made",
            ),
        ),
        _contents(report),
        tag("main", *(_chapter(one) for one in report.chapters)),
        tag("footer", *_foot(report)),
    )
    return f'<!DOCTYPE html>\n<html lang="en">{head}{body}</html>\n'


def _paper(report: Report) -> str:
    """What stands at the foot of every sheet: which plan, and that it is an estimate."""
    told = f"{report.shield} · planning estimate · plan {report.digest[:12]}"
    # Letter by letter as numbers, so that no name can end the string or the style.
    words = "".join(f"\\{ord(letter):x} " for letter in told)
    return (
        f'@page {{ @bottom-left {{ content: "{words}"; }} '
        '@bottom-right { content: counter(page) " / " counter(pages); } }\n'
    )


def _date(report: Report) -> str:
    return report.made.strftime("%-d %B %Y, %H:%M %Z").strip()


def _contents(report: Report) -> Markup:
    return tag(
        "nav",
        tag("h2", "Contents"),
        *(
            join(
                [
                    tag(
                        "p",
                        tag("a", chapter.title, href=f"#{chapter.name}"),
                        " ",
                        verdict_of(chapter.verdict),
                    ),
                    tag(
                        "ol",
                        *(
                            tag("li", tag("a", section.title, href=f"#{section.name}"))
                            for section in chapter.sections
                        ),
                    ),
                ]
            )
            for chapter in report.chapters
        ),
        aria_label="Contents",
    )


def _chapter(chapter: Chapter) -> Markup:
    return tag(
        "article",
        tag("h2", chapter.title, " ", verdict_of(chapter.verdict), id=chapter.name),
        tag("p", join(chapter.answer, " "), class_="answer"),
        *(
            tag("section", tag("h3", section.title, id=section.name), section.body)
            for section in chapter.sections
        ),
    )


def _foot(report: Report) -> Iterator[Markup]:
    yield tag(
        "p",
        "Everything here is a planning estimate: computed from the plan as written, published or "
        "assumed figures and, for cover, heights of terrain. It shows what the plan can give, not "
        "what will be. A person decides.",
    )
    yield tag(
        "p",
        f"Made {report.made.isoformat(timespec='seconds')} by airshield {report.version} from the "
        "plan with the digest ",
        tag("code", report.digest),
        ".",
    )
