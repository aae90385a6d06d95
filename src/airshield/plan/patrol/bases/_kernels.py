"""Loops of bases and of what comes and goes."""

import numpy as np

from airshield._kernels import lean_kernel
from airshield.plan.patrol.luck._kernels import OF_OFF, OF_ON, exponential_s
from airshield.plan.patrol.queue._kernels import BASE_HOURS, SPELL_ENDS, U, push
from airshield.plan.patrol.state import GROUNDED, HOURS, NOT_KNOWN, WEATHER, World


@lean_kernel
def is_on(w: World, spell: int) -> bool:
    """Whether a spell is upon somebody who may have none (-1)."""
    return spell >= 0 and w.spell[U(spell)].is_on == 1


@lean_kernel
def shuts(w: World, b: int) -> int:
    """Why a base is shut, or -1."""
    base = w.base[U(b)]
    if base.is_shut:
        return HOURS
    if is_on(w, base.spell):
        return WEATHER
    return -1


@lean_kernel
def keeps_down(w: World, f: int) -> int:
    """What keeps a whole fleet on the ground, or -1."""
    fleet = w.fleet[U(f)]
    why = shuts(w, fleet.base)
    return GROUNDED if why < 0 and is_on(w, fleet.spell) else why


@lean_kernel
def opens_s(w: World, b: int, now: float) -> float:
    """When a base that is shut will be open."""
    base = w.base[U(b)]
    from_s: float = base.opens_s if base.is_shut else now
    if is_on(w, base.spell):
        from_s = max(from_s, w.spell[U(base.spell)].until_s)
    return from_s


@lean_kernel
def use_runway(w: World, b: int, now: float) -> float:
    """Take the next place on a runway; returns when that is."""
    base = w.base[U(b)]
    free_s: float = max(now, base.runway_s)
    base.runway_s = free_s + base.slot_s
    return free_s


@lean_kernel
def fill_up(w: World, b: int, now: float) -> None:
    """Bring a base's stock up to now."""
    base = w.base[U(b)]
    more = base.stock_kg + base.rate_kgps * (now - base.stock_since_s)
    base.stock_kg = max(base.stock_kg, min(base.holds_kg, more))
    base.stock_since_s = now


@lean_kernel
def give_back(w: World, b: int, fuel_kg: float, now: float) -> None:
    """Put fuel that was not used back into a base's stock."""
    base = w.base[U(b)]
    if base.stock_kg < np.inf:
        fill_up(w, b, now)
        base.stock_kg += fuel_kg


@lean_kernel
def forget_fleets(w: World) -> None:
    """What kept fleets on the ground may no longer do so, or something else may."""
    for f in range(w.fleet.size):
        w.fleet[U(f)].lack = NOT_KNOWN


@lean_kernel
def start_spell(w: World, i: int, now: float) -> None:
    """Draw how long a spell, or the time until the next, lasts."""
    spell = w.spell[U(i)]
    mean_s, stream = (spell.on_s, OF_ON) if spell.is_on else (spell.off_s, OF_OFF)
    spell.until_s = now + exponential_s(mean_s, spell.key, stream, spell.n)
    spell.n += 1
    push(w, spell.until_s, SPELL_ENDS, i)


@lean_kernel
def end_spell(w: World, i: int, now: float) -> None:
    """A spell begins or ends."""
    w.spell[U(i)].is_on = 1 - w.spell[U(i)].is_on
    forget_fleets(w)
    start_spell(w, i, now)


@lean_kernel
def set_base_hours(w: World, b: int, now: float) -> None:
    """Open or shut a base by its hours, and look for the next change."""
    base = w.base[U(b)]
    forget_fleets(w)
    while base.hours_at < base.last_hours and w.hours_s[base.hours_at, 1] <= now:
        base.hours_at += 1
    if base.hours_at == base.last_hours:
        base.is_shut = 1
        base.opens_s = np.inf
    elif w.hours_s[base.hours_at, 0] <= now:
        base.is_shut = 0
        push(w, w.hours_s[base.hours_at, 1], BASE_HOURS, b)
    else:
        base.is_shut = 1
        base.opens_s = w.hours_s[base.hours_at, 0]
        push(w, base.opens_s, BASE_HOURS, b)
