"""Every setting of the platform: name, default, parser, one sentence. All are checked at start.

Settings come from the environment alone. `load()` reads all of them, reports every fault at once and returns a
frozen `Settings`; nothing else in the project reads the environment.
"""

import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from enforcement.evidence.digests import Limits

ROOT = Path(__file__).resolve().parent.parent


class SettingsError(ValueError):
    """One or more settings are missing or wrong; the text lists each with what would be right."""


def _url(*schemes: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        parts = urlsplit(text)
        if parts.scheme not in schemes or (not parts.hostname and not parts.query and not parts.path):
            raise ValueError(f"an address beginning with {' or '.join(s + '://' for s in schemes)}")
        return text

    return parse


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        value = int(text)
        if not low <= value <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return value

    return parse


def _yes_no(text: str) -> bool:
    if text.lower() not in {"yes", "no", "true", "false", "1", "0"}:
        raise ValueError("yes or no")
    return text.lower() in {"yes", "true", "1"}


def _secret(text: str) -> str:
    if len(text) < 32:
        raise ValueError("at least 32 characters")
    return text


def _signing_key(text: str) -> str:
    if text and (len(text) != 64 or set(text.lower()) - set("0123456789abcdef")):
        raise ValueError("64 hexadecimal digits")
    return text.lower()


@dataclass(frozen=True, slots=True)
class Setting:
    """How one environment variable is read."""

    variable: str
    default: str | None
    parse: Callable[[str], Any]
    sentence: str


SETTINGS: dict[str, Setting] = {
    "database_url": Setting(
        "DATABASE_URL",
        None,
        _url("postgresql", "postgres"),
        "the PostGIS database, postgresql://user:password@host/name",
    ),
    "mqtt_url": Setting(
        "MQTT_URL",
        "mqtt://127.0.0.1:51883",
        _url("mqtt", "mqtts"),
        "the broker with the account of the ingest worker",
    ),
    "secret_key": Setting(
        "SECRET_KEY",
        "",
        lambda t: _secret(t) if t else "",
        "signs sessions; or SECRET_KEY_FILE names a file that holds it",
    ),
    "web_host": Setting("WEB_HOST", "127.0.0.1", str, "the address the web server listens on"),
    "web_port": Setting("WEB_PORT", "8080", _whole(1, 65535), "the port the web server listens on"),
    "web_workers": Setting("WEB_WORKERS", "1", _whole(1, 64), "processes of the web server"),
    "secure_cookies": Setting(
        "SECURE_COOKIES",
        "no",
        _yes_no,
        "yes where the pages are served over HTTPS: cookies travel on it alone",
    ),
    "trusted_proxies": Setting(
        "TRUSTED_PROXIES",
        "0",
        _whole(0, 5),
        "reverse proxies in front whose X-Forwarded-* headers are believed; 0: the peer's own address counts",
    ),
    "login_failures_account": Setting(
        "LOGIN_FAILURES_ACCOUNT",
        "5",
        _whole(3, 100),
        "wrong passwords in a row that lock an account's log-in",
    ),
    "login_failures_address": Setting(
        "LOGIN_FAILURES_ADDRESS", "50", _whole(3, 10000), "wrong passwords from one address that lock it"
    ),
    "login_lock_minutes": Setting(
        "LOGIN_LOCK_MINUTES", "15", _whole(1, 1440), "how long a lock lasts and failures are counted, minutes"
    ),
    "session_idle_minutes": Setting(
        "SESSION_IDLE_MINUTES", "30", _whole(1, 1440), "a session left alone ends after this, minutes"
    ),
    "session_hours": Setting(
        "SESSION_HOURS", "12", _whole(1, 168), "a session ends after this however busy it is, hours"
    ),
    "tablet_session_hours": Setting(
        "TABLET_SESSION_HOURS",
        "168",
        _whole(1, 168),
        "a log-in on a tablet lasts so long for the tablet's own calls, hours; the pages keep the two settings above",
    ),
    "api_calls_account": Setting(
        "API_CALLS_ACCOUNT", "600", _whole(1, 1_000_000), "calls of the JSON API a minute that an account may make"
    ),
    "api_calls_gate": Setting(
        "API_CALLS_GATE", "15000", _whole(1, 1_000_000), "calls a minute that the key of an enterprise's gates may make"
    ),
    "api_calls_address": Setting(
        "API_CALLS_ADDRESS", "120", _whole(1, 1_000_000), "calls a minute from an address that is not signed in"
    ),
    "driver_sends_address": Setting(
        "DRIVER_SENDS_ADDRESS", "20", _whole(1, 10_000), "entries a minute that drivers' phones of one address may send"
    ),
    "driver_sends_gate": Setting(
        "DRIVER_SENDS_GATE", "30", _whole(1, 10_000), "entries a minute that drivers' phones may send at one gate"
    ),
    "secrets_dir": Setting(
        "SECRETS_DIR", str(ROOT / "var" / "secrets"), Path, "where the demonstration accounts' passwords are kept"
    ),
    "gate_list_key": Setting(
        "GATE_LIST_KEY",
        "",
        _signing_key,
        "signs the off-line lists of gates: 64 hexadecimal digits, or GATE_LIST_KEY_FILE; empty: made in SECRETS_DIR",
    ),
    "broker_devices_file": Setting(
        "BROKER_DEVICES_FILE",
        "",
        lambda text: Path(text) if text else None,
        "where the accounts of single terminals are written for the broker; empty: nowhere",
    ),
    "evidence_dir": Setting(
        "EVIDENCE_DIR", str(ROOT / "var" / "evidence"), Path, "the evidence store: a folder of write-once files"
    ),
    "evidence_image_mb": Setting("EVIDENCE_IMAGE_MB", "32", _whole(1, 1024), "largest picture taken, MB"),
    "evidence_video_mb": Setting("EVIDENCE_VIDEO_MB", "512", _whole(1, 65536), "largest video taken, MB"),
    "evidence_document_mb": Setting("EVIDENCE_DOCUMENT_MB", "32", _whole(1, 1024), "largest document taken, MB"),
    "evidence_megapixels": Setting(
        "EVIDENCE_MEGAPIXELS", "64", _whole(1, 512), "largest picture taken once it is unpacked, million pixels"
    ),
    "evidence_free_mb": Setting(
        "EVIDENCE_FREE_MB", "512", _whole(0, 1_000_000), "room on the store's disk below which nothing is taken, MB"
    ),
    "city": Setting("CITY", "211300", _whole(100000, 999999), "GB/T 2260 code of the city that runs the platform"),
    "ingest_batch": Setting("INGEST_BATCH", "2000", _whole(1, 20000), "frames a worker commits together at the most"),
    "ingest_wait_ms": Setting(
        "INGEST_WAIT_MS", "200", _whole(1, 5000), "how long a worker waits for a batch to fill, milliseconds"
    ),
    "tablet_keep_days": Setting(
        "TABLET_KEEP_DAYS",
        "7",
        _whole(1, 90),
        "a tablet wipes what it holds this long after its last contact, once everything is sent, days",
    ),
    "tile_url": Setting(
        "TILE_URL",
        "",
        str,
        "a raster tile source such as Tianditu, with {x} {y} {z}; empty: boundaries alone",
    ),
    "tile_attribution": Setting("TILE_ATTRIBUTION", "", str, "the credit line the tile source asks for"),
    "bad_frames_alarm_pct": Setting(
        "BAD_FRAMES_ALARM_PCT",
        "20",
        _whole(1, 100),
        "share of bad frames in a batch above which an alarm is raised, percent",
    ),
    "tablet_register_s": Setting(
        "TABLET_REGISTER_S",
        "60",
        _whole(0, 86400),
        "the off-line register of the tablets is computed anew at most once in this time, seconds",
    ),
}


@dataclass(frozen=True, slots=True)
class Settings:
    """The checked settings. Field names are the keys of SETTINGS."""

    database_url: str
    mqtt_url: str
    secret_key: str
    web_host: str
    web_port: int
    web_workers: int
    secure_cookies: bool
    trusted_proxies: int
    login_failures_account: int
    login_failures_address: int
    login_lock_minutes: int
    session_idle_minutes: int
    session_hours: int
    tablet_session_hours: int
    api_calls_account: int
    api_calls_gate: int
    api_calls_address: int
    driver_sends_address: int
    driver_sends_gate: int
    secrets_dir: Path
    gate_list_key: str
    broker_devices_file: Path | None
    evidence_dir: Path
    evidence_image_mb: int
    evidence_video_mb: int
    evidence_document_mb: int
    evidence_megapixels: int
    evidence_free_mb: int
    city: int
    ingest_batch: int
    ingest_wait_ms: int
    tablet_keep_days: int
    tile_url: str
    tile_attribution: str
    bad_frames_alarm_pct: int
    tablet_register_s: int

    @property
    def evidence_limits(self) -> Limits:
        """How much the evidence store takes."""
        return Limits(
            image_bytes=self.evidence_image_mb * 2**20,
            video_bytes=self.evidence_video_mb * 2**20,
            document_bytes=self.evidence_document_mb * 2**20,
            pixels=self.evidence_megapixels * 1_000_000,
            free_bytes=self.evidence_free_mb * 2**20,
        )


def _from_file(environ: Mapping[str, str], variable: str) -> str | None:
    """Secrets may lie in files: VARIABLE_FILE names one (compose and systemd credentials do it so)."""
    name = environ.get(f"{variable}_FILE")
    return Path(name).read_text(encoding="utf-8").strip() if name else None


def load(environ: Mapping[str, str] | None = None) -> Settings:
    """Read and check every setting; raises SettingsError that lists all faults at once."""
    source = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    faults: list[str] = []
    for field in fields(Settings):
        setting = SETTINGS[field.name]
        try:
            text = source.get(setting.variable) or _from_file(source, setting.variable) or setting.default
            if text is None:
                raise ValueError("it has no default")
            values[field.name] = setting.parse(text)
        except (ValueError, OSError) as fault:
            faults.append(f"{setting.variable} ({setting.sentence}): expected {fault}")
    if faults:
        raise SettingsError("; ".join(faults))
    return Settings(**values)
