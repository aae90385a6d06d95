"""Loops that judge a report's time by those before it."""

from typing import Any

from airshield._kernels import lean_kernel

Record = Any
Records = Any

AHEAD_LEAST_S, AHEAD_STEPS = 5.0, 30.0
ALONE_S = 30.0
AGREED_S = 1.0  # of event time: no message is that long
SET_BACK_N = 12


@lean_kernel
def is_ahead(plot: Record, radars: Records, clock: Record, cfg: Record) -> bool:
    """Tell whether a report is too far ahead of the clock to be believed on its own word.

    One bad time stamp must not age every track to death, nor one message of many. The clock jumps
    when three reports in a row agree that it is later, over more than a message's worth of time
    and from more than one sensor where there are more. How far is too far follows from the
    stream: a few seconds where reports come by the hundred, a minute where a lone target is seen
    every twelve seconds.
    """
    limit_s = min(cfg.ahead_max_s, max(AHEAD_LEAST_S, AHEAD_STEPS * clock.step))
    ahead_s = plot.t - clock.now
    if ahead_s <= limit_s:
        clock.ahead_n = 0
        clock.step += 0.05 * (max(ahead_s, 0.0) - clock.step)
        return False
    agrees = clock.ahead_n > 0 and abs(plot.t - clock.ahead_t) <= limit_s
    if not agrees:
        clock.ahead_n = 0
        clock.ahead_t0 = plot.t
        clock.ahead_link, clock.ahead_many = plot.link, 0
    if plot.link != clock.ahead_link:
        clock.ahead_many = 1
    clock.ahead_n += 1
    clock.ahead_t = plot.t
    span_s = plot.t - clock.ahead_t0
    if clock.ahead_n < 3 or span_s < AGREED_S:
        return True
    # One sensor alone is not believed while others say otherwise, but for ever it is not alone.
    if clock.ahead_many == 0 and span_s < ALONE_S:
        for r in range(radars.size):
            radar = radars[r]
            if r != plot.link and clock.now - radar.t_last < 3.0 * radar.turn_s:
                return True
    clock.ahead_n = 0
    return False


@lean_kernel
def is_set_back(plot: Record, clock: Record) -> bool:
    """Tell whether everybody's clock has gone back: many late reports in a row, none in time.

    Then the first report of all was from the future, or a recording begins again.
    """
    agrees = clock.late_n > 0 and abs(plot.t - clock.late_t) <= AHEAD_LEAST_S
    if not agrees:
        clock.late_n = 0
        clock.late_t0 = plot.t
    clock.late_n += 1
    clock.late_t = plot.t
    return bool(clock.late_n >= SET_BACK_N and plot.t - clock.late_t0 >= AGREED_S)
