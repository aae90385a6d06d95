"""The store: what must not be lost, and what was made of it.

Three kinds of things lie in a watch's folder. The **journal** holds every frame in the order in
which it was heard; it is written before anything is computed, and everything else can be made
again from it. **Snapshots** hold the state of the stages at a place in the journal, so that a
start need not begin at frame 0. The **archive** holds the tables that the stages gave.

Order makes them safe together: frames are durable before their reports are computed; archive parts
are written before the snapshot that covers them; at a start, parts that the snapshot does not
cover are dropped and made again, byte for byte the same.

In come FRAME tables, state arrays and tables of ``tables.py``; out come the same. Every file is
whole or absent after a crash. A torn tail of the journal, which no one was promised, is cut and
counted; a change in what had been acknowledged is an error, never read past. Left out: copies on
other machines, deleting what has grown old.
"""

from airshield.store.archive import Archive
from airshield.store.journal import Journal, TornTail, read_journal
from airshield.store.segment import SourceEnd
from airshield.store.snapshots import Snapshots

__all__ = ["Archive", "Journal", "Snapshots", "SourceEnd", "TornTail", "read_journal"]
