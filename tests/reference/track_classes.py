"""Slow twins of the class weights: closed forms instead of tables, no shared code."""

import math

from scipy.special import expit


def density(x, low, high, sigma):
    """Of the size of a uniform variable plus logistic noise: distribution functions subtracted."""
    scale = sigma * math.sqrt(3.0) / math.pi
    both = [expit((at - low) / scale) - expit((at - high) / scale) for at in (x, -x)]
    return sum(both) / (high - low)


def layer(sigma, sigmas):
    fitting = [s for s in sigmas if s >= sigma]
    return min(fitting) if fitting else None


def often_steady(value, box, steady, noise):
    """Half of the time level or straight, for who may be so at all."""
    low, high, soft = box
    of_box = density(value, low, high, math.hypot(soft, noise))
    if steady is None or low != 0:
        return of_box
    return (of_box + density(value, *steady[:2], math.hypot(steady[2], noise))) / 2


def look(quantities, regimes, steady, odd, odd_share, memory_max, classes):
    """Logarithm of each class's likelihood over that of an odd row, none far below the best.

    ``quantities`` are (value, its own sigma, the sigmas that tables exist for).
    """
    total = [0.0] * classes
    for regime in regimes:
        product = regime[1]
        for i, (value, sigma, sigmas) in enumerate(quantities):
            noise = None if math.isnan(value) else layer(sigma, sigmas)
            if noise is None:
                continue
            of_regime, of_odd = (
                often_steady(abs(value), row[3 * i : 3 * i + 3], steady[i], noise)
                for row in (regime[2:], odd)
            )
            product *= of_regime / of_odd
        total[regime[0]] += product
    logs = [math.log(odd_share + (1 - odd_share) * of_class) for of_class in total]
    return [max(one, max(logs) - memory_max) for one in logs]


def weigh(logp, prior):
    weights = [math.exp(one) * part for one, part in zip(logp, prior, strict=True)]
    return [weight / sum(weights) for weight in weights]


def name(p, before, name_p, keep_share):
    sure = [c for c in range(len(p)) if p[c] == max(p) and p[c] >= name_p[c]]
    if sure:
        return sure[0] + 1
    kept = before > 0 and p[before - 1] >= keep_share * name_p[before - 1]
    return before if kept else 0
