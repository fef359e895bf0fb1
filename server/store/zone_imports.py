"""Uploaded files of zones, kept between reading and publishing."""

from dataclasses import dataclass

from sqlalchemy import Connection, text


@dataclass(frozen=True, slots=True)
class ZoneUpload:
    """A file and how it was declared."""

    id: int
    file_name: str
    content: bytes
    crs: str
    mend: bool
    created_by: int | None


def keep_upload(
    connection: Connection, file_name: str, content: bytes, crs: str, mend: bool, created_by: int | None
) -> int:
    """Keep a file as it came; its number."""
    number: int = connection.execute(
        text(
            "INSERT INTO zone_imports (file_name, content, crs, mend, created_by) "
            "VALUES (:file_name, :content, :crs, :mend, :created_by) RETURNING id"
        ),
        {"file_name": file_name, "content": content, "crs": crs, "mend": mend, "created_by": created_by},
    ).scalar_one()
    return number


def find_upload(connection: Connection, number: int, created_by: int | None) -> ZoneUpload | None:
    """A file that this account uploaded."""
    row = connection.execute(
        text(
            "SELECT id, file_name, content, crs, mend, created_by FROM zone_imports "
            "WHERE id = :id AND created_by IS NOT DISTINCT FROM :by"
        ),
        {"id": number, "by": created_by},
    ).first()
    return None if row is None else ZoneUpload(row[0], row[1], bytes(row[2]), row[3], row[4], row[5])


def mark_taken(connection: Connection, number: int) -> None:
    """Versions were published from it."""
    connection.execute(text("UPDATE zone_imports SET taken_at = now() WHERE id = :id"), {"id": number})
