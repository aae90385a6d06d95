"""HTTP, the event stream and the web map.

Comes in: a :class:`~airshield.picture.Picture` that the watch feeds from its own thread, and the
shield. Goes out, to browsers and programs: a page (``/``), small JSON documents (``/api/...``) and
one WebSocket (``/api/stream``) that carries pictures, alerts and a heartbeat; its protocol is
written down in ``docs/api-stream.md``. One thing comes in over HTTP: reports of spotters
(``POST /api/spotter``), which :class:`SpotterDoor` puts into the watch's journal.

Promises:

- A slow reader slows nobody else. It skips pictures and catches up with one difference; alerts it
  gets all, in order, and again after a reconnect from the number it last had.
- No request ever leaves for a third party: every script, style, font and coast line is served from
  here, and a content security policy holds the browser to it.
- It listens on the loopback address unless told otherwise, and then answers only to loopback
  names, so that a foreign page cannot read the picture through a rebound name.

A second page (``/plan``) shows what a plan's radars can see: a :class:`PlanView` of plain arrays,
which whoever computed the cover hands over. The page gets bits, and works out for itself what is
left of the cover when somebody unticks a radar. Two more show what ``airshield sustain`` and
``airshield depend`` print with ``--json``: whether the shield can be kept up (``/plan/sustain``),
and on whom it depends (``/plan/depend``), where ticks are answered from the coalitions that were
worked out beforehand. Any of the three run beside a watch
(``create_app(..., plan=..., sustain=..., depend=...)``) or by themselves
(:func:`create_plan_app`), each with a way to the others; ``docs/api-plan.md`` has their documents.

The pages are plain ES modules in ``static/``; their outside parts (map engine, coast line, type
face) are put into ``static/vendor/`` by the wheel's build hook. Units on the wire are SI and
degrees; feet, knots and flight levels are made on the page. Left out are accounts and roles, which
come with the consent issue.
"""

from airshield.serve.app import create_app, create_plan_app
from airshield.serve.plan_view import (
    PlanAnswer,
    PlanContributor,
    PlanLayer,
    PlanRadar,
    PlanSite,
    PlanStamp,
    PlanView,
    PlanWarnings,
)
from airshield.serve.server import Server
from airshield.serve.spotter import SpotterDoor

__all__ = [
    "PlanAnswer",
    "PlanContributor",
    "PlanLayer",
    "PlanRadar",
    "PlanSite",
    "PlanStamp",
    "PlanView",
    "PlanWarnings",
    "Server",
    "SpotterDoor",
    "create_app",
    "create_plan_app",
]
