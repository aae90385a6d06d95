"""ASTERIX records to REPORT and SENSOR_STATUS rows.

=====  ==============================  ============================================================
001    monoradar plots and tracks      kind by I001/020; slant range and azimuth as measured
010    airport surface sensors         kind by I010/020 TYP; status messages to SENSOR_STATUS
020    multilateration                 kind ``mlat``
021    ADS-B target reports            kind ``adsb``; editions 0.23 to 0.26 and 2.1 to 2.7
048    monoradar target reports        kind by I048/020 TYP; slant range and azimuth as measured
062    system tracks                   kind ``track``
002    radar service messages          SENSOR_STATUS; their time completes that of CAT001
034    radar service messages          SENSOR_STATUS; where the radar stands, for CAT048
019    multilateration system status   SENSOR_STATUS; the reference point for x and y of CAT020
023    ADS-B ground station status     SENSOR_STATUS
025    ground system status            SENSOR_STATUS
063    sensors, told by a tracker      SENSOR_STATUS
065    tracker status                  SENSOR_STATUS
=====  ==============================  ============================================================

Blocks of other categories are counted and make no rows. Choices, where the standards leave one
(EUROCONTROL-SPEC-0149, the part of each category):

- Mode 3/A and flight level count only when valid and not garbled (V = 0, G = 0). A Mode S address
  of zero, and one that is anonymous or not an aircraft's own (I021/040 ATP, I020/020 CF), are
  unknown.
- A tracked radar's own velocity (I048/200, I001/200) is not used: it is smoothed by a tracker, and
  a tracker fed with it would see the same measurement twice. Doppler speed (I048/120, I001/120) is
  used when it is not marked doubtful; the standard gives no sign, away from the radar is taken as
  positive. I001/120 is read with its default unit of 1/256 NM/s (f = 6).
- A record of CAT001 or CAT048 without a measured position gives the calculated one of the radar's
  tracker (I001/042, I048/042), if it has that, as kind ``track`` (``plots``): a slant range and an
  azimuth, or where the radar says that it projects (I048/170 TCC) a place, for which the radar must
  have said where it stands (I034/120), or the caller.
- Plots carry no standard deviations: I048/130 and I001/130 tell run lengths, amplitudes and the
  difference of PSR and SSR, from which none follows without knowing the radar. So
  ``sigma_rng_m`` and ``sigma_azm_deg`` are unknown and a shield's own figures apply; but a
  calculated position has them where the radar tells (I048/210).
- I010/500, I020/500 (SDP) and I062/500 (APW, else APC) give ``sigma_pos_m``, the root mean square
  of both axes; a DOP alone gives none, for it lacks the accuracy of one range.
- ``nacp`` gives ``sigma_pos_m``: the radius of DO-260B's 95 % bound, EPU, over 2.4477; where it is
  not told, NUCp does so (I021/090), if the aircraft is of version 0 (I021/210). The figure of merit
  of CAT021 editions 0.2x has no such bound and stays unknown.
- Time of an ADS-B report is I021/071, else 073, 077, 075, 072 (editions 0.2x: 030).
- A truncated time (I001/141) is completed with the last full time of the same radar (I002/030),
  else with the time of hearing; radar and receiver may then differ by less than 256 s (around
  midnight, where the count begins anew early, 192 s). Records of a CAT001 block that do not say
  who or when take it from the record before them in the block.
- I062/185 and 500 are in the system's plane; its axes are taken as east and north. Far from the
  system's reference point the two differ by the convergence of the meridians: at 500 km east or
  west of it at 45 degrees, 4.5 degrees of direction. Likewise I010/202 and I020/202.

Every record becomes a report, a reject (it holds what cannot be, such as a latitude of 95 degrees)
or is counted as unused with the reason (a service message, no position, no detection). Service
messages are counted there too and have their row in SENSOR_STATUS.
"""

from airshield.read.asterix.reports.reader import CATEGORIES, ReportReader

__all__ = ["CATEGORIES", "ReportReader"]
