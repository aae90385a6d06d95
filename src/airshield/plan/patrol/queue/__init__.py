"""What is still to happen, in the order in which it will.

Comes in: events, each a time, a kind and whom it concerns. Goes out: the next one; equal times in
the order in which they were put in, so that a run has one course. What lies behind the horizon is
never put in. Events that have been overtaken stay, and are known by a time that is no longer the
one written down.

The time from start to horizon is cut into buckets of equal length, some events to each. An event is
hung into the list of its bucket and looked at again when the bucket is opened: then its few events
are put in order, the next one last, where it is taken without moving another. Putting in and taking
out cost the same for ten aircraft and for a thousand (R. Brown, Calendar queues, Communications of
the ACM 31, 1988). A binary heap, which this has replaced, took a third of all time: which child is
the earlier is a coin toss to the processor.
"""
