"""Loops of the supply network: flows without losses, what is lost with each part, pairs of parts.

Edge e has two arcs, 2e from its start to its end and 2e + 1 back; the arc back of arc a is a ^ 1.
``residual`` is what an arc could carry more. The arcs that leave node i are
``out[first[i]:first[i + 1]]``. Rates and amounts are in one unit, whichever.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from airshield._kernels import kernel, lean_kernel

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


@lean_kernel
def send(
    first: Ints,
    out: Ints,
    head: Ints,
    residual: Floats,
    balance: Floats,
    level: Ints,
    queue: Ints,
    cursor: Ints,
    path: Ints,
    tol: float,
) -> float:
    """Move as much as can be from where there is too much to where too little is; how much.

    ``balance`` is positive where there is too much, negative where too little, and is brought as
    near to zero as the residual arcs allow (Dinic, Soviet Mathematics Doklady 11, 1970, from many
    sources to many sinks). ``level``, ``queue`` and ``cursor`` hold a number for each node,
    ``path`` one more.
    """
    nodes = balance.size
    sent = 0.0
    while True:
        tail = 0
        for i in range(nodes):
            level[i] = -1
            if balance[i] > tol:
                level[i] = 0
                queue[tail] = i
                tail += 1
        sources = tail
        goal = -1
        k = 0
        while k < tail:
            i = queue[k]
            k += 1
            if goal >= 0 and level[i] >= goal:
                break  # farther ones are of no use in this round
            for p in range(first[i], first[i + 1]):
                j = head[out[p]]
                if level[j] < 0 and residual[out[p]] > tol:
                    level[j] = level[i] + 1
                    queue[tail] = j
                    tail += 1
                    if goal < 0 and balance[j] < -tol:
                        goal = level[j]
        if goal < 0:
            return sent
        for k in range(tail):
            cursor[queue[k]] = first[queue[k]]
        for s in range(sources):
            root = queue[s]
            depth = 0
            at = root
            while balance[root] > tol:
                if balance[at] < -tol:
                    much = min(balance[root], -balance[at])
                    for k in range(depth):
                        much = min(much, residual[path[k]])
                    for k in range(depth):
                        residual[path[k]] -= much
                        residual[path[k] ^ 1] += much
                    balance[root] -= much
                    balance[at] += much
                    sent += much
                    depth = 0
                    at = root
                    continue
                advanced = False
                while cursor[at] < first[at + 1]:
                    arc = out[cursor[at]]
                    j = head[arc]
                    if residual[arc] > tol and level[j] == level[at] + 1 and level[j] <= goal:
                        path[depth] = arc
                        depth += 1
                        at = j
                        advanced = True
                        break
                    cursor[at] += 1
                if advanced:
                    continue
                if depth == 0:
                    break
                # A dead end: no way on from here in this round.
                depth -= 1
                at = head[path[depth] ^ 1]
                cursor[at] += 1


@lean_kernel
def take_out(
    edges: Ints, head: Ints, full: Floats, residual: Floats, balance: Floats, tol: float
) -> float:
    """Take edges out of a flow: what they carried is now too much here, too little there; how much.

    ``full`` is the residual without any flow. Edges that are out already carry nothing.
    """
    for e in edges:
        flow = 0.5 * (residual[2 * e + 1] - full[2 * e + 1] - residual[2 * e] + full[2 * e])
        if residual[2 * e] == 0.0 and residual[2 * e + 1] == 0.0:
            flow = 0.0
        residual[2 * e] = 0.0
        residual[2 * e + 1] = 0.0
        if abs(flow) > tol:
            balance[head[2 * e + 1]] += flow
            balance[head[2 * e]] -= flow
    much = 0.0
    for i in range(balance.size):
        if balance[i] > 0.0:
            much += balance[i]
    return much


@kernel
def losses(
    first: Ints,
    out: Ints,
    head: Ints,
    full: Floats,
    residual: Floats,
    start: Ints,
    members: Ints,
    tol: float,
) -> Floats:
    """By how much the greatest flow falls without each set of edges.

    ``residual`` is that of a greatest flow. Set k is ``members[start[k]:start[k + 1]]``. What the
    lost edges carried must go round them, or be given up; each unit given up costs one unit of the
    whole flow and nothing else does, because a greatest flow leaves no way to gain one.
    """
    nodes = first.size - 1
    level = np.empty(nodes, np.int64)
    queue = np.empty(nodes, np.int64)
    cursor = np.empty(nodes, np.int64)
    path = np.empty(nodes + 1, np.int64)
    balance = np.empty(nodes)
    left = np.empty(residual.size)
    lost = np.zeros(start.size - 1)
    for k in range(start.size - 1):
        left[:] = residual
        balance[:] = 0.0
        edges = members[start[k] : start[k + 1]]
        much = take_out(edges, head, full, left, balance, tol)
        if much > tol:
            went = send(first, out, head, left, balance, level, queue, cursor, path, tol)
            if much - went > tol:
                lost[k] = much - went
    return lost


@kernel
def pair_losses(
    first: Ints,
    out: Ints,
    head: Ints,
    full: Floats,
    residual: Floats,
    order: Ints,
    alone: Floats,
    edges: int,
    back: int,
    worst: int,
    tol: float,
) -> tuple[Ints, Ints, Floats, int]:
    """The worst pairs of edges to lose: one, the other, loss; and how many were tried.

    Only pairs that cost more than either edge by itself.
    ``order`` are the edges that carry something, the worst to lose first; ``alone`` what each costs
    by itself. ``back`` is the edge from the source of all to the sink of all over which a flow is
    given up. After a first loss the flow is mended; then the second edge costs at most what it
    carries in the mended flow, and a pair that cannot come among the worst is not tried.
    """
    nodes = first.size - 1
    level = np.empty(nodes, np.int64)
    queue = np.empty(nodes, np.int64)
    cursor = np.empty(nodes, np.int64)
    path = np.empty(nodes + 1, np.int64)
    balance = np.zeros(nodes)
    mended = np.empty(residual.size)
    left = np.empty(residual.size)
    one = np.full(worst, -1, np.int64)
    other = np.full(worst, -1, np.int64)
    lost = np.zeros(worst)
    tried = 0
    single = np.empty(1, np.int64)
    is_done = np.zeros(edges, np.bool_)
    for e in order:
        mended[:] = residual
        balance[:] = 0.0
        single[0] = e
        much = take_out(single, head, full, mended, balance, tol)
        went = send(first, out, head, mended, balance, level, queue, cursor, path, tol)
        if much - went > tol:
            mended[2 * back] = much
            send(first, out, head, mended, balance, level, queue, cursor, path, tol)
            mended[2 * back] = 0.0
            mended[2 * back + 1] = 0.0
        is_done[e] = True
        for f in range(edges):
            if is_done[f]:
                continue
            carried = abs(0.5 * (mended[2 * f + 1] - full[2 * f + 1] - mended[2 * f] + full[2 * f]))
            place = np.argmin(lost)
            if carried <= tol or alone[e] + carried <= lost[place] + tol:
                continue
            tried += 1
            left[:] = mended
            balance[:] = 0.0
            single[0] = f
            much = take_out(single, head, full, left, balance, tol)
            went = send(first, out, head, left, balance, level, queue, cursor, path, tol)
            total = alone[e] + max(much - went, 0.0)
            if total > max(lost[place], alone[e], alone[f]) + tol:
                lost[place] = total
                one[place] = e
                other[place] = f
    return one, other, lost, tried


@lean_kernel
def reach(
    first: Ints,
    out: Ints,
    head: Ints,
    is_open: NDArray[np.bool_],
    roots: Ints,
    is_gone: NDArray[np.bool_],
    seen: NDArray[np.bool_],
    queue: Ints,
    arrived_by: Ints,
) -> int:
    """Mark in ``seen`` every node that open arcs lead to from the roots; how many.

    ``is_gone`` are nodes that nothing passes. ``arrived_by`` keeps the arc of the first arrival.
    """
    tail = 0
    for i in range(seen.size):
        seen[i] = False
    for i in roots:
        if not is_gone[i] and not seen[i]:
            seen[i] = True
            arrived_by[i] = -1
            queue[tail] = i
            tail += 1
    k = 0
    while k < tail:
        i = queue[k]
        k += 1
        for p in range(first[i], first[i + 1]):
            arc = out[p]
            j = head[arc]
            if is_open[arc] and not seen[j] and not is_gone[j]:
                seen[j] = True
                arrived_by[j] = arc
                queue[tail] = j
                tail += 1
    return tail


@kernel
def losses_at_most(
    first: Ints,
    out: Ints,
    head: Ints,
    gain: Floats,
    residual: Floats,
    flow: Floats,
    start: Ints,
    members: Ints,
    tol: float,
) -> Floats:
    """What at most is lost without each set of arcs, where goods are lost on the way.

    Arc a goes from its tail to its head, 2a, and can be undone, 2a + 1; one unit that enters
    becomes ``gain`` units. ``flow`` is what enters each arc, ``residual`` what could more. The last
    node but one is the source of all, the last one the sink. Set k is
    ``members[start[k]:start[k + 1]]``.

    What the lost arcs brought is brought some other way, path by path, from where it can no longer
    go and from the source. That is no greatest flow, but one that there is. What cannot be brought
    leaves at most as much undelivered, for nothing grows on the way.
    """
    nodes = first.size - 1
    source, sink = nodes - 2, nodes - 1
    left = np.empty(residual.size)
    balance = np.empty(nodes)
    queue = np.empty(nodes, np.int64)
    by = np.empty(nodes, np.int64)
    bound = np.zeros(start.size - 1)
    for k in range(start.size - 1):
        left[:] = residual
        balance[:] = 0.0
        for a in members[start[k] : start[k + 1]]:
            left[2 * a] = 0.0
            left[2 * a + 1] = 0.0
            balance[head[2 * a + 1]] += flow[a]
            balance[head[2 * a]] -= flow[a] * gain[2 * a]
        while True:
            tail = 0
            for i in range(nodes):
                by[i] = -2
                if balance[i] > tol or i == source:
                    by[i] = -1
                    queue[tail] = i
                    tail += 1
            goal = -1
            q = 0
            while q < tail and goal < 0:
                i = queue[q]
                q += 1
                if i == sink:
                    continue  # what is delivered stays so
                for p in range(first[i], first[i + 1]):
                    arc = out[p]
                    j = head[arc]
                    if by[j] == -2 and left[arc] > tol:
                        by[j] = arc
                        queue[tail] = j
                        tail += 1
                        if balance[j] < -tol:
                            goal = j
                            break
            if goal < 0:
                break
            # Back along the path: how much of what is wanted at its end can set out.
            want = -balance[goal]
            at = goal
            while by[at] >= 0:
                arc = by[at]
                want = min(want / gain[arc], left[arc])
                at = head[arc ^ 1]
            if at != source:
                want = min(want, balance[at])
                balance[at] -= want
            # And forward again; the path is turned round in ``queue``.
            many = 0
            j = goal
            while by[j] >= 0:
                queue[many] = by[j]
                many += 1
                j = head[by[j] ^ 1]
            for q in range(many - 1, -1, -1):
                arc = queue[q]
                left[arc] -= want
                want *= gain[arc]
                left[arc ^ 1] += want
            balance[goal] += want
        for i in range(nodes):
            if balance[i] < -tol:
                bound[k] -= balance[i]
    return bound
