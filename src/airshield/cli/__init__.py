"""The command line: one thin command per verb.

Every command takes ``--json`` (one JSON document on standard output and nothing else there);
progress, logs and errors go to standard error. Exit codes: 0 done and holds, 1 done and something
required fails, 2 bad input or usage.

Only this room imports inside functions: ``airshield --help`` must answer at once, so a command
loads what it needs when it runs.
"""

from airshield.cli.app import app, main

__all__ = ["app", "main"]
