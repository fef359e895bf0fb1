"""Stands in for `python -m server.cli` where the launcher itself is tested: commands that only run, answer or fail."""

import http.server
import os
import subprocess
import sys
import time
from pathlib import Path


def run(command: str) -> None:
    notes = Path(os.environ["STAND_IN_NOTES"])
    with notes.open("a") as file:
        file.write(f"{' '.join(sys.argv[1:])} {os.environ['DATABASE_URL']} {os.environ['MQTT_URL']}\n")
    if command == os.environ.get("STAND_IN_FAILS"):
        sys.exit(f"{command} cannot go on")
    if command == "demo-accounts":
        print("officer / password")
    elif command == "web":
        address = (os.environ["WEB_HOST"], int(os.environ["WEB_PORT"]))
        http.server.ThreadingHTTPServer(address, http.server.BaseHTTPRequestHandler).serve_forever()
    elif command in {"ingest", "jobs", "fleet"}:
        subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"], start_new_session=True)
        time.sleep(600)


if __name__ == "__main__":
    run(sys.argv[1])
