"""Supply networks the slow way: cuts and paths counted out, programmes over paths, time laid out.

Networks are given as plain lists: ``supply`` and ``need`` by node, edges as tuples
``(start, end, capacity, loss, is_one_way)``.
"""

from itertools import chain, combinations

import numpy as np
from scipy.optimize import linprog
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import maximum_flow


def least_cut(supply, need, edges):
    """The most that can be delivered: the least capacity of any cut, all of them tried."""
    nodes = range(len(supply))
    best = np.inf
    for some in chain.from_iterable(combinations(nodes, k) for k in range(len(supply) + 1)):
        near = set(some)
        crossing = sum(supply[i] for i in nodes if i not in near) + sum(need[i] for i in near)
        for start, end, capacity, _, is_one_way in edges:
            if start in near and end not in near:
                crossing += capacity
            if end in near and start not in near and not is_one_way:
                crossing += capacity
        best = min(best, crossing)
    return best


def paths(edges, nodes):
    """Every way without a circle: its first node and the (edge, direction) it takes."""
    found = [(i, i, ()) for i in range(nodes)]
    at = 0
    while at < len(found):
        first, last, taken = found[at]
        at += 1
        visited = {first} | {edges[e][1] if d > 0 else edges[e][0] for e, d in taken}
        for e, (start, end, _, _, is_one_way) in enumerate(edges):
            if start == last and end not in visited:
                found.append((first, end, (*taken, (e, 1))))
            if end == last and start not in visited and not is_one_way:
                found.append((first, start, (*taken, (e, -1))))
    return found


class ByPaths:
    """A programme whose unknowns are what sets out on each way from a source to a user."""

    def __init__(self, supply, need, edges):
        self.supply, self.need = supply, need
        self.ways = [
            way for way in paths(edges, len(supply)) if supply[way[0]] > 0 and need[way[1]] > 0
        ]
        rows, self.limits = {}, []
        table = []
        for i, much in enumerate(supply):
            rows["source", i] = len(table)
            table.append(np.zeros(len(self.ways)))
            self.limits.append(much)
        for e, edge in enumerate(edges):
            for d in (1, -1):
                rows[e, d] = len(table)
                table.append(np.zeros(len(self.ways)))
                self.limits.append(edge[2])
        self.reach = np.zeros((len(supply), len(self.ways)))
        for k, (first, last, taken) in enumerate(self.ways):
            left = 1.0
            table[rows["source", first]][k] = 1.0
            for e, d in taken:
                table[rows[e, d]][k] += left
                left *= 1.0 - edges[e][3]
            self.reach[last, k] = left
        self.table = np.array(table)

    def most(self, worth, at_least):
        """The largest sum of worth times what users get, each getting at least something."""
        if not self.ways:
            return 0.0 if max(at_least) <= 1e-9 else -np.inf
        done = linprog(
            -(np.asarray(worth) @ self.reach),
            A_ub=np.vstack((self.table, self.reach, -self.reach)),
            b_ub=np.concatenate((self.limits, self.need, 1e-9 - np.asarray(at_least))),
            bounds=(0, None),
        )
        return -done.fun if done.status == 0 else -np.inf

    def fair(self):
        """What each user gets by fair shares: raise all, settle those who cannot follow."""
        users = [i for i, much in enumerate(self.need) if much > 0]
        got = np.zeros(len(self.need))
        is_open = set(users)
        while is_open:
            low, high = 0.0, 1.0
            for _ in range(40):
                level = 0.5 * (low + high)
                ok = self.most(np.zeros(len(got)), self._asked(got, is_open, level)) > -np.inf
                low, high = (level, high) if ok else (low, level)
            if low > 1.0 - 1e-9:
                return np.array([self.need[i] if i in is_open else got[i] for i in range(len(got))])
            low = max(low - 1e-8, 0.0)  # well within, or the next programme may find no way at all
            asked = self._asked(got, is_open, low)
            settled = set()
            for i in is_open:
                worth = np.zeros(len(got))
                worth[i] = 1.0
                most = self.most(worth, asked)
                assert most > -np.inf
                if most < self.need[i] * (low + 1e-6):
                    settled.add(i)
            for i in settled:
                got[i] = low * self.need[i]
            is_open -= settled
        return got

    def _asked(self, got, is_open, level):
        return [level * much if i in is_open else got[i] for i, much in enumerate(self.need)]


def first_short_step(supply, need, stock, holds, edges, lags, steps):
    """The first step in which not every need of whole units is met, by greatest flows over time."""
    n = len(supply)
    for many in range(1, steps + 1):
        size = many * n + 2
        source, sink = size - 2, size - 1
        capacity = {}

        def add(tail, head, much, capacity=capacity):
            capacity[tail, head] = capacity.get((tail, head), 0) + much

        for t in range(many):
            for i in range(n):
                add(source, t * n + i, supply[i] + (stock[i] if t == 0 else 0))
                add(t * n + i, sink, need[i])
                if t + 1 < many:
                    add(t * n + i, (t + 1) * n + i, holds[i])
            for (start, end, much, _, is_one_way), lag in zip(edges, lags, strict=True):
                if t + lag < many:
                    add(t * n + start, (t + lag) * n + end, much)
                    if not is_one_way:
                        add(t * n + end, (t + lag) * n + start, much)
        (tails, heads), much = zip(*capacity, strict=True), list(capacity.values())
        graph = csr_matrix((np.array(much, np.int32), (tails, heads)), shape=(size, size))
        if maximum_flow(graph, source, sink).flow_value < many * sum(need):
            return many - 1
    return None
