"""What time it is: only the reports' own time moves the tracker's clock.

Comes in: a plot with its time, in seconds after the tracker's second zero, and the clock
(``state.CLOCK``). Goes out: whether the plot is too far ahead to be believed, and whether so many
are late that the clock itself is wrong and must be set back.

No clock of the machine is read, so a recording gives the same tracks whenever it is played. The
price: a bad time stamp must be told from a stream that goes on after a pause, by what other reports
say. One report is never believed against all others, and no number of reports within one message.

Left out: what to do about it. The loop that calls drops the plot, or ends all tracks and begins
again.
"""
