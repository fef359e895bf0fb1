"""What the launcher is told by the environment; all faults are reported at once, before anything is started."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DEFAULT_PORTS = {"PG_PORT": 55432, "MQTT_PORT": 51883, "WEB_PORT": 8080}
YES, NO = {"yes", "true", "1"}, {"no", "false", "0"}


class LaunchSettingsError(ValueError):
    """One or more variables are wrong; the text lists each with what would be right."""


@dataclass(frozen=True, slots=True)
class LaunchSettings:
    """Where the data lies, which ports to use, what is brought along from outside."""

    var: Path
    pg_port: int
    mqtt_port: int
    web_port: int
    web_host: str
    ingest_workers: int
    database_url: str | None
    mqtt_url: str | None
    demo: bool


def read(environ: Mapping[str, str]) -> LaunchSettings:
    """Read and check the variables; the demonstration city stays out of a database that was brought along."""
    faults: list[str] = []
    ports = {name: _whole(environ, name, default, 65535, faults) for name, default in DEFAULT_PORTS.items()}
    if len(set(ports.values())) < len(ports):
        faults.append("PG_PORT, MQTT_PORT and WEB_PORT must be three different ports")
    workers = _whole(environ, "INGEST_WORKERS", 1, 64, faults)
    database_url = environ.get("DATABASE_URL") or None
    demo = environ.get("DEMO", "").lower() or ("no" if database_url else "yes")
    if demo not in YES | NO:
        faults.append(f"DEMO={demo}: expected yes or no")
    if faults:
        raise LaunchSettingsError("; ".join(faults))
    return LaunchSettings(
        var=Path(os.path.abspath(environ.get("VAR_DIR") or ROOT / "var")),
        pg_port=ports["PG_PORT"],
        mqtt_port=ports["MQTT_PORT"],
        web_port=ports["WEB_PORT"],
        web_host=environ.get("WEB_HOST") or "127.0.0.1",
        ingest_workers=workers,
        database_url=database_url,
        mqtt_url=environ.get("MQTT_URL") or None,
        demo=demo in YES,
    )


def _whole(environ: Mapping[str, str], name: str, default: int, high: int, faults: list[str]) -> int:
    text = environ.get(name) or str(default)
    if not text.isdecimal() or not 1 <= int(text) <= high:
        faults.append(f"{name}={text}: expected a whole number from 1 to {high}")
        return default
    return int(text)
