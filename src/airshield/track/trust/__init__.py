"""Trust in ADS-B: does an aircraft that says where it is really exist there?

ADS-B is a claim. Radars that should see the aircraft and do not, or see its address somewhere else,
contradict it; radars that see it where it says it is confirm it. Evidence is added up as a
logarithm of odds, turn by turn of each radar's antenna.

**What should be seen.** Nobody knows the terrain around every radar, so it is learned: for each
radar, cells of azimuth and of elevation above the smooth horizon count how many aircraft it has
seen of those that other evidence vouches for. Before a cell has been watched it is believed as much
as the smooth horizon deserves.

Comes in: tracks with ADS-B, once a second (``check_claim``), contradictions of place
(``judge_claim``), and the beams' places, which follow from the radars' own plots. Goes out: the
odds in each track, from which ``adsb_check`` is told. An accused track goes on like any other: it
is shown, and never deleted for it.

Left out: messages that contradict each other beyond place and address, and direction finding.
"""
