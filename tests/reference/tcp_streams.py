"""Slow twin of putting TCP together: a dictionary of octets by their place in the stream."""


def put_together(segments, *, begin=None):
    """Give the runs of a direction's octets and the gaps before each.

    ``segments`` are (sequence, payload, tag) as they came; ``begin`` is the sequence number of the
    first octet, that of the first segment where no SYN told it. A run is a list of (octet, tag,
    index in its payload). Octets from before the first are left out.
    """
    begin = segments[0][0] if begin is None else begin
    octets = {}
    for sequence, payload, tag in segments:
        away = (sequence - begin) % 2**32
        away -= 2**32 if away >= 2**31 else 0
        for k, octet in enumerate(payload):
            octets.setdefault(away + k, (octet, tag, k))
    runs, before = [], -1
    for place in sorted(place for place in octets if place >= 0):
        if place != before + 1 or not runs:
            runs.append((place - before - 1, []))
        runs[-1][1].append(octets[place])
        before = place
    return runs
