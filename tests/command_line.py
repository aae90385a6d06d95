"""Running the command line as a user does: another process, its exit code, its two streams."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

EXAMPLES = Path(__file__).parents[1] / "examples"


@dataclass(frozen=True)
class Ran:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


def start(*words, **more):
    """Start ``airshield WORDS``; the caller waits."""
    env = {**os.environ, "PYTHONUNBUFFERED": "1", **more.pop("env", {})}
    return subprocess.Popen(
        [sys.executable, "-m", "airshield", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=env,
        **more,
    )


def run(*words, timeout=120, **more):
    """Run ``airshield WORDS`` to its end."""
    process = start(*words, **more)
    out, err = process.communicate(timeout=timeout)
    return Ran(process.returncode, out, err)
