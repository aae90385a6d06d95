"""Run by the interpreter of another environment: what pyModeS and rs1090 make of messages.

Reads lines of a time [s] and a message in hexadecimal; writes a JSON line for each: the fields of
pyModeS's PipeDecoder (with positions from pairs) and those of rs1090. With ``time N`` as arguments
it writes how much processor time each took for all of them instead, the best of N.
"""

import json
import sys
import time

import pyModeS
import rs1090


def with_pymodes(times, frames):
    decoder = pyModeS.PipeDecoder()
    out = []
    for t, frame in zip(times, frames, strict=True):
        try:
            out.append(dict(decoder.decode(frame, timestamp=t)))
        except (ValueError, KeyError, IndexError) as error:
            out.append({"error": repr(error)})
    return out


def with_rs1090(times, frames):
    return rs1090.decode(frames, times)


def main():
    lines = [line.split() for line in sys.stdin if line.strip()]
    times, frames = [float(line[0]) for line in lines], [line[1] for line in lines]
    if sys.argv[1:2] == ["time"]:
        took = {}
        for name, decode in (("pyModeS PipeDecoder", with_pymodes), ("rs1090", with_rs1090)):
            best = float("inf")
            for _ in range(int(sys.argv[2])):
                start = time.process_time()
                decode(times, frames)
                best = min(best, time.process_time() - start)
            took[name] = best
        json.dump(took, sys.stdout)
        return
    # rs1090 leaves out what it does not decode: its answers carry the frame they are of.
    theirs = {}
    for record in with_rs1090(times, frames):
        if record:
            theirs.setdefault((record["timestamp"], record["frame"].lower()), record)
    for t, frame, first in zip(times, frames, with_pymodes(times, frames), strict=True):
        second = theirs.get((t, frame.lower()))
        print(json.dumps([first, second], default=str))


if __name__ == "__main__":
    main()
