"""Writes frames into a journal until killed; says on standard output which are acknowledged."""

import sys
from pathlib import Path

from airshield.store import Journal
from frames_by_hand import frames_of

BATCH = 37


def body(number):
    return number.to_bytes(4, "big") * (1 + number % 13)


if __name__ == "__main__":
    with Journal(Path(sys.argv[1]), segment_octets=200_000) as journal:
        told = journal.durable
        print(told, flush=True)
        while True:
            first = journal.end
            journal.append(frames_of([body(first + n) for n in range(BATCH)], first=first))
            if journal.durable != told:
                told = journal.durable
                print(told, flush=True)
