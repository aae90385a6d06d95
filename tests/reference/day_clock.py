"""Slow twin of the day clock: one record after the other, whole days tried one by one."""

DAY_NS = 86_400 * 10**9


def nearest(tod_ns, reference_ns):
    """Give the time of that time of day that is nearest; twelve hours away is early."""
    day = reference_ns // DAY_NS
    choices = [(day + n) * DAY_NS + tod_ns for n in (-1, 0, 1)]
    return min(choices, key=lambda t: (abs(t - reference_ns), t))


def times_ns(tods_ns, heards_ns, *, date_ns=None):
    """Give the time of each record; None stands for unknown, in and out."""
    last, out = None, []
    for tod_ns, heard_ns in zip(tods_ns, heards_ns, strict=True):
        if heard_ns is not None and date_ns is None:
            t = heard_ns if tod_ns is None else nearest(tod_ns, heard_ns)
        elif last is None:
            t = date_ns + tod_ns if date_ns is not None and tod_ns is not None else None
        else:
            t = last if tod_ns is None else nearest(tod_ns, last)
        out.append(t)
        last = last if t is None else t
    return out
