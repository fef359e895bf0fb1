"""One case as a bundle that a stranger verifies: what is on record, its rules and zones, its files, the audit chain.

Collected in one transaction; the files are read twice, once to be sure of them before anything leaves, once to be sent.
What leaves is written down: a look at every item, and the seal of the bundle in the audit log.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection

from enforcement.evidence.digests import Digests, verify
from enforcement.evidence.names import ENDINGS
from enforcement.rules.book import BEIJING, RuleBook
from server.documents.bundles import Part, closed, data_part, json_part, lines_part, seal_of
from server.store import audit, case_bundles, evidence_items, evidence_reads, violations
from server.store.audit import Actor
from server.store.evidence_store import EvidenceStore, StoreDamaged
from server.store.scopes import Scope

FORM = "case-bundle/1"
LISTS = ("sources", "steps", "referrals", "penalties", "deadlines", "pleas")  # a file each
RECORDS = {  # a folder each: what evidence and the audit log call a row of it
    "violations": "violation", "captures": "capture", "inspections": "inspection", "documents": "document",
    "repairs": "repair_notice",
}  # fmt: skip
_KEY = re.compile(
    r"(?P<rule>[a-zA-Z0-9_]+(?:\.[a-zA-Z0-9_]+)+)@(?P<valid_from>\d{4}-\d\d-\d\d)(?:~(?P<area>\d+))?(?:#(?P<revision>\d+))?"
)
_UNSAFE = re.compile(r"[^A-Za-z0-9_-]+")


class BundleBroken(Exception):
    """Something of the case is no longer what was kept; nothing was exported. `what` names files and packets."""

    def __init__(self, what: Sequence[str]) -> None:
        """Name them."""
        super().__init__(", ".join(what))
        self.what = what


@dataclass(frozen=True, slots=True)
class Bundle:
    """What goes out: the folder in the archive, its parts, and what the log is told."""

    folder: str
    parts: list[Part]
    seal: str
    item_ids: list[int]


@dataclass(frozen=True, slots=True)
class Exporter:
    """Who exports, in whose name, when: the bundle says it."""

    name: str
    organisation_id: int | None
    at: datetime


def bundle_case(
    connection: Connection, store: EvidenceStore, scope: Scope, rules: RuleBook, case_id: int, exporter: Exporter
) -> Bundle:
    """Collect a case; raises LookupError outside the scope and BundleBroken where something was changed."""
    case = case_bundles.find_case(connection, scope, case_id)
    if case is None:
        raise LookupError(case_id)
    own = None if scope.kind == "ecology" else scope.organisation_id
    rows = case_bundles.rows_of(connection, case_id, own)
    items = evidence_items.of_owners(connection, _owners(case_id, rows))
    _refuse_changed(store, items)
    parts = [
        json_part("facts.json", case),
        *(json_part(f"{noun}.json", rows[noun]) for noun in LISTS),
        *(json_part(f"{noun}/{_file_name(row)}.json", row) for noun in RECORDS for row in rows[noun]),
        *_packet_parts(connection, rows["violations"]),
        *_rule_parts(connection, rules, [case, rows]),
        *(json_part(f"zones/{one['id']}.geojson", one) for one in _zones(connection, [case, rows])),
        *_file_parts(store, items),
        lines_part("audit.jsonl", case_bundles.audit_extract(connection, _subjects(case_id, rows, items))),
    ]
    exported = {"at": exporter.at.isoformat(), "by": exporter.name, "organisation_id": exporter.organisation_id}
    about = {"form": FORM, "case": case["number"], "case_id": case_id, "exported": exported}
    folder = _UNSAFE.sub("-", case["number"]).strip("-") or f"case-{case_id}"
    local = exporter.at.astimezone(BEIJING).strftime("%Y-%m-%d %H:%M:%S (UTC+8)")
    words = {"number": case["number"], "folder": folder, "exported_at": local, "exporter": exporter.name}
    whole = closed(parts, about, words)
    return Bundle(folder, whole, seal_of(whole), [item["id"] for item in items])


def record(connection: Connection, actor: Actor, case_id: int, bundle: Bundle) -> None:
    """Write down what leaves: who took which items, and the seal of the bundle."""
    if bundle.item_ids:
        evidence_reads.log(connection, actor, bundle.item_ids, "bundle")
    detail = {"seal_sha256": bundle.seal, "files": len(bundle.parts), "evidence_items": len(bundle.item_ids)}
    audit.append(connection, actor, "case.bundle", "case", case_id, detail)


def _owners(case_id: int, rows: Mapping[str, list[dict[str, Any]]]) -> list[tuple[str, int]]:
    """What evidence of the case may belong to; an objection belongs to the case."""
    return [
        ("case", case_id),
        ("objection", case_id),
        *(("referral", row["id"]) for row in rows["referrals"]),
        *(("plea", row["id"]) for row in rows["pleas"]),
        *((kind, row["id"]) for noun, kind in RECORDS.items() if noun != "repairs" for row in rows[noun]),
        *(("repair", repair["id"]) for notice in rows["repairs"] for repair in notice["repairs"]),
    ]


def _subjects(
    case_id: int, rows: Mapping[str, list[dict[str, Any]]], items: Sequence[Mapping[str, Any]]
) -> list[tuple[str, int]]:
    """What the audit log calls the case and everything of it."""
    return [
        *_owners(case_id, rows),
        *(("repair_notice", row["id"]) for row in rows["repairs"]),
        *(("penalty", row["id"]) for row in rows["penalties"]),
        *(("evidence", item["id"]) for item in items),
    ]


def _file_name(row: Mapping[str, Any]) -> str:
    name = _UNSAFE.sub("-", str(row.get("number") or "")).strip("-")
    return f"{row['id']:06}-{name}" if name else f"{row['id']:06}"


def _refuse_changed(store: EvidenceStore, items: Sequence[Mapping[str, Any]]) -> None:
    changed = []
    for item in items:
        kept = Digests(item["bytes"], {"sha256": item["sha256"], "sm3": item["sm3"]})
        try:
            if verify(kept, store.pieces(item["sha256"])):
                changed.append(item["name"])
        except StoreDamaged:
            changed.append(item["name"])
    if changed:
        raise BundleBroken(changed)


def _file_parts(store: EvidenceStore, items: Sequence[Mapping[str, Any]]) -> Iterator[Part]:
    """The originals, and one list of what each is; a file of two items goes in once for each."""
    listed = []
    for item in items:
        path = f"files/{item['id']:06}-{item['sha256'][:8]}.{ENDINGS[item['media_type']][0]}"
        kept = Digests(item["bytes"], {"sha256": item["sha256"], "sm3": item["sm3"]})
        yield Part(path, kept, _reader(store, item["sha256"]), {"evidence_item": item["id"], "name": item["name"]})
        listed.append({"path": path, **{name: _as_json(value) for name, value in item.items()}})
    yield json_part("files/index.json", listed)


def _reader(store: EvidenceStore, sha256: str) -> Any:
    return lambda: store.pieces(sha256)


def _as_json(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime | date) else value


def _packet_parts(connection: Connection, found: Sequence[Mapping[str, Any]]) -> Iterator[Part]:
    """Raw packets around each violation; the kept hash must still be that of the bytes."""
    for violation in found:
        first, last = (datetime.fromisoformat(violation[name]) for name in ("first_at", "last_at"))
        listed = []
        for number, packet in enumerate(violations.raw_packets(connection, violation["terminal_id"], first, last), 1):
            path = f"packets/{_file_name(violation)}/{number:06}-{packet['sha256'][:16]}.bin"
            part = data_part(path, packet.pop("raw"))
            if part.digests.sha256 != packet["sha256"]:
                raise BundleBroken([f"{violation['number']}: {packet['sha256']}"])
            yield part
            listed.append({"path": path, **{name: _as_json(value) for name, value in packet.items()}})
        yield json_part(f"packets/{_file_name(violation)}/index.json", listed)


def _rule_parts(connection: Connection, rules: RuleBook, content: Any) -> Iterator[Part]:
    """The rule rows that any record names, and the row that says which law the act stands under."""
    keys = {match.group(): match for text in _texts(content) if (match := _KEY.fullmatch(text))}
    asked = [{**match.groupdict(""), "revision": int(match["revision"] or 1)} for _, match in sorted(keys.items())]
    on_record = case_bundles.rule_rows(connection, asked)
    named = {(row["rule"], row["area"], row["valid_from"], row["revision"]) for row in on_record}
    shipped = [
        {"rule": row.id, **{name: _as_json(getattr(row, name)) for name in _RULE_FIELDS}}
        for row in rules.rows
        if row.key in keys and (row.id, row.area, row.valid_from.isoformat(), row.revision) not in named
    ]
    found = on_record + shipped
    yield json_part("rules.json", {"named": sorted(keys), "rows": found})
    case = content[0]
    laws = [row for row in rules.by_id.get("law.air", ()) if row.value == case["law"]]
    law = [{"key": row.key, **{name: _as_json(getattr(row, name)) for name in _RULE_FIELDS}} for row in laws]
    yield json_part("law.json", {"law": case["law"], "acted_from": case["acted_from"], "rows": law})


_RULE_FIELDS = (
    "value", "unit", "valid_from", "valid_to", "area", "revision", "legal_basis", "certainty", "source", "zh", "en",
)  # fmt: skip


def _zones(connection: Connection, content: Any) -> list[dict[str, Any]]:
    return case_bundles.zone_versions(connection, sorted(set(_zone_ids(content))))


def _texts(content: Any) -> Iterator[str]:
    """Every text anywhere in JSON."""
    if isinstance(content, str):
        yield content
    elif isinstance(content, Mapping):
        for value in content.values():
            yield from _texts(value)
    elif isinstance(content, list):
        for value in content:
            yield from _texts(value)


def _zone_ids(content: Any) -> Iterator[int]:
    """Every zone version that JSON names, wherever it stands."""
    if isinstance(content, Mapping):
        for name, value in content.items():
            if name == "zone_version_id" and isinstance(value, int):
                yield value
            elif name == "zone_version_ids" and isinstance(value, list):
                yield from (one for one in value if isinstance(one, int))
            else:
                yield from _zone_ids(value)
    elif isinstance(content, list):
        for value in content:
            yield from _zone_ids(value)
