"""Photos, papers and signatures on their way in: piece by piece, gone on with after any break (docs/tablet_sync.md)."""

import re
from typing import Any

from flask import Blueprint, Response, jsonify

from server.flows import receive_piece
from server.flows.receive_piece import Outcome, Standing, TooMany
from server.flows.refusals import Fault, Refused
from server.store.evidence_store import StoreFull
from server.store.piece_files import PieceFiles
from server.tablet.bodies import query_number, read_bytes
from server.tablet.problems import Problem
from server.web.access import allow, current_account, work
from server.web.evidence_uploads import evidence_store

blueprint = Blueprint("tablet_files", __name__, url_prefix="/tablet/sync/files")

MOST_NUMBER = 10**15 - 1
_SHA256 = re.compile(r"[0-9a-f]{64}")
OFFSET = (
    "与服务器已收到的长度不符，请从 received 处继续。",
    "Not where the bytes on the server end: go on at `received`.",
)
HASH = (
    "收齐的字节与文件名中的 SHA-256 不符，已丢弃，请重新发送。",
    "All bytes are here and give another SHA-256; they were dropped. Send them again.",
)
TOO_MANY = (
    "该账号未完成上传的照片过多，请先发送检查记录。",
    "Too many photos of this account wait for their checks: send the checks first.",
)


def store_full(fault: BaseException) -> Problem:
    """To be raised: the disk has no room."""
    zh = f"证据存储空间不足，未保存；终端上的数据仍在，请联系系统管理员（{fault}）。"
    en = f"The evidence store is full and nothing was kept; the tablet still has it. Tell the administrator ({fault})."
    return Problem(507, "store_full", (zh, en))


def _told(found: Standing) -> dict[str, Any]:
    return {"received": found.received, "bytes": found.bytes, "complete": found.is_complete}


def _name(sha256: str) -> str:
    if not _SHA256.fullmatch(sha256):
        zh, en = "SHA-256 应为 64 位小写十六进制", "A SHA-256 is 64 lower-case hex digits"
        raise Problem(422, faults=[Fault("sha256", zh, en)])
    return sha256


@blueprint.get("/<sha256>")
@allow("tablet.use")
def show(sha256: str) -> Response:
    """How much of a file of this account is here; 404: nothing, or its check is recorded."""
    name = _name(sha256)
    with work() as connection:
        found = receive_piece.standing(connection, PieceFiles(evidence_store()), current_account().id, name)
    if found is None:
        raise Problem(404)
    return jsonify(_told(found))


@blueprint.put("/<sha256>")
@allow("tablet.use")
def put(sha256: str) -> Response:
    """Take a piece: ?offset=N&bytes=TOTAL, the bytes as the body."""
    name, offset, total = _name(sha256), query_number("offset", MOST_NUMBER), query_number("bytes", MOST_NUMBER)
    data = read_bytes(receive_piece.MOST_PIECE)
    try:
        with work() as connection:
            outcome, found = receive_piece.receive(
                connection, evidence_store(), current_account().id, name, offset, total, data
            )
    except Refused as refused:
        raise Problem(422, faults=refused.faults) from refused
    except TooMany:
        raise Problem(429, "too_many_files", TOO_MANY) from None
    except StoreFull as fault:
        raise store_full(fault) from fault
    if outcome is Outcome.OFFSET:
        raise Problem(409, "offset", OFFSET, **_told(found))
    if outcome is Outcome.HASH:
        raise Problem(422, "hash", HASH, **_told(found))
    return jsonify(_told(found))
