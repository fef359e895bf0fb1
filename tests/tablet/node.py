"""Runs the tablet's pure modules in node, as the browser would: plain ES modules, values in and out as JSON."""

import json
import subprocess
from pathlib import Path

TABLET = Path(__file__).resolve().parents[2] / "server" / "static" / "tablet"
WAIT_S = 240  # a process that hangs must not hold the test run
_TAIL = """
import { readFileSync as readInput, writeSync as writeOutput } from "node:fs";
const outputBytes = Buffer.from(JSON.stringify((await main(JSON.parse(readInput(0, "utf8")))) ?? null));
for (let sent = 0; sent < outputBytes.length; ) {
  try {
    sent += writeOutput(1, outputBytes, sent);
  } catch (fault) {
    if (fault.code !== "EAGAIN") throw fault;
  }
}
process.exit(0);
"""


class NodeFault(AssertionError):
    """The script threw or node could not run; the text is what node wrote."""


def run_node(script: str, stdin: object = None) -> object:
    """What `main(stdin)` of the script answers (it may be async).

    The script is the text of an ES module; its relative imports begin in server/static/tablet ("./ids.js").
    NaN and infinity do not pass through JSON. Raises NodeFault with node's own words.
    """
    done = subprocess.run(
        ["node", "--no-warnings", "--input-type=module", "--eval", script + _TAIL],
        input=json.dumps(stdin, ensure_ascii=False, allow_nan=False),
        capture_output=True,
        text=True,
        encoding="utf-8",
        cwd=TABLET,
        timeout=WAIT_S,
        check=False,
    )
    if done.returncode:
        raise NodeFault(done.stderr or f"node ended with {done.returncode}")
    return json.loads(done.stdout)
