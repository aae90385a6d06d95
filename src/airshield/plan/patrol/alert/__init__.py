"""Alert: calls that come at random, and who answers them.

Comes in: how many calls of a fleet's alert there are in a day, on average, and how long a scramble
flies. Goes out: an aircraft that takes off so long after the call as its class needs, flies, lands
and is mended and turned round like any other; or a call that nobody answers. A scramble is
presence: take-off, a look at who is there, return.

Calls are a Poisson process of the fleet's own, from the plan's first instant. Any ready aircraft
answers, those that are kept on alert too, if the base is open, the class not grounded, a crew
rested, hours are left and fuel is there. While one is gone the alert is short unless others are
ready beyond it. Who cannot take off any more when the time comes has not answered. One aircraft
answers a call; a call for a pair is two calls. Every scramble flies its mean: as long as calls come
at random, how often nobody is there depends on the mean alone where crews and fuel do not lack
(B. A. Sevastyanov, An ergodic theorem for Markov processes and its application to telephone systems
with refusals, Theory of Probability and its Applications 2, 1957).
"""
