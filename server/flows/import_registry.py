"""Import of a sheet into a register in two steps: read and report, then write in one transaction.

The second step reads the kept file again and checks it against the registry as it is then, so that what it writes is
right at that moment; its counts replace those of the report. Importing the same file twice changes nothing.
"""

import logging
from collections.abc import Callable
from typing import Any

from sqlalchemy import Connection, Engine, text

from server.db import transaction
from server.documents.sheets import FileRefusedError
from server.flows.read_sheet import Reading, open_sheet, ordered, read_sheet
from server.flows.registry_nouns import NOUNS, Noun
from server.store import audit, registry_imports, registry_merges, registry_rows
from server.store.audit import Actor
from server.store.registry_merges import Counts

log = logging.getLogger(__name__)

_UNKNOWN = {
    "enterprise": (
        "登记中没有该企业：请先登记企业，或核对信用代码。",
        "No such enterprise is on file: register it first, or check the credit code.",
    ),
    "truck": (
        "登记中没有该货车：请先登记货车，并核对颜色。",
        "No such truck is on file: register it first, and check the colour.",
    ),
    "machine": (
        "登记中没有该机械：请先登记机械，或核对号码。",
        "No such machine is on file: register it first, or check the number.",
    ),
}


class NothingWrittenError(Exception):
    """All-or-nothing was asked for and a row is refused: the transaction is given up."""


def begin(
    connection: Connection, actor: Actor, noun: str, file_name: str, content: bytes, divisions: str | None
) -> int:
    """Keep the uploaded file; its import is in state `reading` until `read` has run."""
    number = registry_imports.create(connection, noun, file_name, content, divisions, actor.user_id)
    audit.append(
        connection,
        actor,
        "registry.upload",
        "import",
        number,
        {"noun": noun, "file": file_name[:200], "bytes": len(content)},
    )
    return number


def read(engine: Engine, number: int) -> None:
    """First step: read the file, compare with the registry, keep counts and notes. Changes no register."""
    job = _job(engine, number)
    _guarded(engine, number, lambda: _read(engine, job))


def write(engine: Engine, number: int, mode: str, actor: Actor) -> None:
    """Second step: write what is good ("skip"), or all or nothing ("whole"), in one transaction."""
    job = _job(engine, number)
    _guarded(engine, number, lambda: _write(engine, job, mode, actor))


def _job(engine: Engine, number: int) -> dict[str, Any]:
    with transaction(engine) as connection:
        job = registry_imports.find_one(connection, number)
        if job is None:
            raise LookupError(f"no import {number}")
        return {**job, "content": registry_imports.get_content(connection, number)}


def _guarded(engine: Engine, number: int, step: Callable[[], None]) -> None:
    """Whatever goes wrong becomes a state of the import that the page can show."""
    try:
        step()
    except FileRefusedError as fault:
        with transaction(engine) as connection:
            registry_imports.finish(connection, number, "refused", fault_zh=fault.zh, fault_en=fault.en)
    except Exception:
        log.exception("import %d failed", number)
        zh = "处理中出错，未写入任何内容：请重试；仍然出错请把导入编号告知管理员。"
        en = (
            "An error stopped the work, nothing was written: try again; if it stays, give the administrator"
            " the number of the import."
        )
        with transaction(engine) as connection:
            registry_imports.finish(connection, number, "failed", fault_zh=zh, fault_en=en)


def _tell(engine: Engine, number: int) -> Callable[[int, int], None]:
    def progress(done: int, of: int) -> None:
        with transaction(engine) as connection:
            registry_imports.beat(connection, number, done, of)

    return progress


def _read(engine: Engine, job: dict[str, Any]) -> None:
    noun, progress = NOUNS[job["noun"]], _tell(engine, job["id"])
    sheet = open_sheet(job["content"])
    progress(0, len(sheet.rows))
    reading = read_sheet(noun, sheet, progress)
    with transaction(engine) as connection:
        counts = compare(connection, noun, reading, job["divisions"])
        connection.rollback()
    with transaction(engine) as connection:
        _keep(connection, job["id"], "read", reading, counts, len(sheet.rows))


def compare(connection: Connection, noun: Noun, reading: Reading, divisions: str | None) -> Counts:
    """Load the good rows beside the register, refuse what contradicts it, count the rest."""
    register, columns = noun.register, _columns(noun, reading)
    registry_merges.open_incoming(connection, register, list(noun.references))
    registry_merges.copy(connection, columns, reading.rows.items())
    registry_merges.resolve(connection, noun.match)
    for reference, column in noun.references.items():
        for row, value in registry_merges.unresolved(connection, reference, column):
            reading.refuse(row, reference, value, *_UNKNOWN[reference])
    for clash in registry_merges.clashes(connection, noun.clashes) if noun.clashes else []:
        reading.refuse(clash.row, clash.column, clash.value, *_clash(noun, clash.title), clash.row_id)
    if divisions is not None and len(divisions) > 4:
        _refuse_outside(connection, noun, reading, divisions)
    registry_merges.drop_rows(connection, sorted(reading.refused))
    return registry_merges.count(connection, register, _given(noun, reading))


def _refuse_outside(connection: Connection, noun: Noun, reading: Reading, divisions: str) -> None:
    for row, value in registry_merges.outside(connection, noun.register, divisions):
        zh = f"不在本账号的辖区（{divisions}）内：请填写辖区内的行政区划代码，或交由上级导入。"
        en = (
            f"It lies outside this account's area ({divisions}): give a division code inside it,"
            " or have the city import it."
        )
        reading.refuse(row, "division", value, zh, en)


def _clash(noun: Noun, title: str) -> tuple[str, str]:
    if noun.name == "terminals":
        return (
            f"终端“{title}”已绑定另一类对象：请先在终端页面解除绑定。",
            f"Terminal “{title}” is bound to a subject of the other kind: unbind it on its page first.",
        )
    return (
        f"与已登记的“{title}”冲突：一机一档，不得重复登记或一号两机，请核对号码。",
        f"It contradicts “{title}”, which is on file: one machine, one file; check the number.",
    )


def _columns(noun: Noun, reading: Reading) -> list[str]:
    extra = ["registration_number_raw"] if "registration_number" in reading.given and noun.name == "machines" else []
    return [*(name for name in reading.given if name in noun.register.incoming or name in noun.references), *extra]


def _given(noun: Noun, reading: Reading) -> list[str]:
    """The incoming names the sheet speaks of; a reference speaks of the id behind it."""
    return [noun.references.get(name, name) for name in _columns(noun, reading)]


def _keep(
    connection: Connection, number: int, state: str, reading: Reading, counts: Counts, rows: int, **more: Any
) -> None:
    registry_imports.keep_notes(connection, number, ordered(reading.notes))
    registry_imports.finish(
        connection, number, state, rows_n=rows, done_n=rows, new_n=counts.new, changed_n=counts.changed,
        unchanged_n=counts.unchanged, refused_n=len(reading.refused), warned_n=reading.warned(), **more,
    )  # fmt: skip


def _write(engine: Engine, job: dict[str, Any], mode: str, actor: Actor) -> None:
    noun, progress = NOUNS[job["noun"]], _tell(engine, job["id"])
    sheet = open_sheet(job["content"])
    reading = read_sheet(noun, sheet)
    try:
        with transaction(engine) as connection:
            registry_rows.lock(connection, noun.register)
            counts = compare(connection, noun, reading, job["divisions"])
            if mode == "whole" and reading.refused:
                raise NothingWrittenError
            _write_portions(connection, noun, reading, job, actor, progress)
            detail = {
                "noun": noun.name,
                "new": counts.new,
                "changed": counts.changed,
                "refused": len(reading.refused),
                "mode": mode,
            }
            audit.append(connection, actor, "registry.import", "import", job["id"], detail)
            _keep(connection, job["id"], "written", reading, counts, len(sheet.rows), written_by=actor.user_id)
            connection.execute(text("UPDATE registry_imports SET written_at = now() WHERE id = :id"), {"id": job["id"]})
    except NothingWrittenError:
        with transaction(engine) as connection:
            _keep(connection, job["id"], "read", reading, counts, len(sheet.rows))


def _write_portions(
    connection: Connection,
    noun: Noun,
    reading: Reading,
    job: dict[str, Any],
    actor: Actor,
    progress: Callable[[int, int], None],
) -> None:
    registry_rows.speak_for(connection, actor.username, f"{job['file_name']} (#{job['id']})")
    given, portions = _given(noun, reading), registry_merges.portions(connection)
    for low, high in portions:
        registry_merges.write(connection, noun.register, given, low, high)
        progress(high, portions[-1][1])
