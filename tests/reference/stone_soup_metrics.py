"""Stone Soup's own metrics on small cases: a script for .peers/tracking, JSON in, JSON out.

In: a list of cases, each with ``truths`` and ``tracks`` (lists of {instant: [x, y]}) and
``associations`` (lists of truth, track, first and last instant). Out: for each case GOSPA (with its
three parts) and OSPA by instant, and the SIAP figures.
"""

import datetime
import json
import sys

from stonesoup.measures import Euclidean
from stonesoup.metricgenerator.manager import MultiManager
from stonesoup.metricgenerator.ospametric import GOSPAMetric, OSPAMetric
from stonesoup.metricgenerator.tracktotruthmetrics import SIAPMetrics
from stonesoup.types.association import AssociationSet, TimeRangeAssociation
from stonesoup.types.groundtruth import GroundTruthPath
from stonesoup.types.state import State
from stonesoup.types.time import TimeRange
from stonesoup.types.track import Track

BEGIN = datetime.datetime(2026, 1, 1)


def when(instant):
    return BEGIN + datetime.timedelta(seconds=int(instant))


def states(places):
    return [
        State([x, 0.0, y, 0.0], timestamp=when(instant))
        for instant, (x, y) in sorted(places.items(), key=lambda item: int(item[0]))
    ]


def judge(case):
    truths = [GroundTruthPath(states(places)) for places in case["truths"]]
    tracks = [Track(states(places)) for places in case["tracks"]]
    place = Euclidean((0, 2))
    metrics = [
        GOSPAMetric(p=2, c=case["cutoff"], measure=place),
        OSPAMetric(p=2, c=case["cutoff"], measure=place),
        SIAPMetrics(position_measure=place, velocity_measure=Euclidean((1, 3))),
    ]
    manager = MultiManager(metrics)
    manager.add_data({"groundtruth_paths": truths, "tracks": tracks})
    manager.association_set = AssociationSet(
        {
            TimeRangeAssociation(
                {truths[truth], tracks[track]},
                # A range of no length is refused.
                time_range=TimeRange(when(first), when(last) + datetime.timedelta(microseconds=1)),
            )
            for truth, track, first, last in case["associations"]
        }
    )
    found = manager.generate_metrics()
    siap = {
        name: metric.value
        for name, metric in found["siap_generator"].items()
        if isinstance(metric.value, float | int)
    }
    return {
        "gospa": [dict(one.value) for one in found["gospa_generator"]["GOSPA Metrics"].value],
        "ospa": [one.value for one in found["ospa_generator"]["OSPA distances"].value],
        "siap": siap,
    }


if __name__ == "__main__":
    print(json.dumps([judge(case) for case in json.load(sys.stdin)], default=float))
