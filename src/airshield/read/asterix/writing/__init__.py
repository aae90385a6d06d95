"""Tables of ASTERIX records to octets, at the speed of memory.

What comes in is a table of one category as ``decode`` gives it; what goes out are its data blocks,
or the FRAME table of a recording. The plain encoder (``encode``, rows of any mapping) says what the
octets are; this one must give the same, and asks the plain one what is wrong with a row that it
cannot write.

Two passes over a batch of rows, both driven by the tree of ``spec.py``: ``layout.py`` first asks
the columns how long each item of each record is, which gives every slot its place, and then
scatters the columns' values there with the loops of ``_kernels.py``; ``table.py`` looks after
types, batches, blocks and frames. Units are those of the columns, which are the specification's.

What does not come back from a decoded table, because no column tells it: spare bits that were set,
a field specification longer than it need be, an item of a compound that was there but empty, the
last part of an extended item where that has nothing but spare bits. docs/conformance.md counts them
in recordings.
"""

from airshield.read.asterix.writing.table import EncodedTable, encode_frames, encode_table

__all__ = ["EncodedTable", "encode_frames", "encode_table"]
