"""CSV in: UTF-8 with or without mark, or GB 18030; comma, semicolon or tab; RFC 4180 quoting. Written by `lists`."""

import csv
import io

from server.documents.sheets import (
    MOST_BYTES,
    MOST_ROWS,
    FileRefusedError,
    Sheet,
    assemble,
    restore,
)

_ENCODINGS = ("utf-8-sig", "gb18030")
_NOT_TEXT = {
    b"PK\x03\x04": "zip/xlsx",
    b"\xd0\xcf\x11\xe0": "xls/doc",
    b"%PDF": "PDF",
    b"\x89PNG": "PNG",
    b"\xff\xd8\xff": "JPEG",
    b"\x1f\x8b": "gzip",
    b"\x7fELF": "ELF",
}


def read(data: bytes) -> Sheet:
    """Read a CSV file, or refuse it with the line and the reason."""
    if len(data) > MOST_BYTES:
        raise FileRefusedError(
            f"文件超过 {MOST_BYTES // 1024 // 1024} MB：请拆分后分次导入。",
            f"The file is larger than {MOST_BYTES // 1024 // 1024} MB: split it.",
        )
    content = _decode(data)
    reader = csv.reader(io.StringIO(content, newline=""), delimiter=_delimiter(content), strict=True)
    lines: list[tuple[int, list[str]]] = []
    try:
        for number, cells in enumerate(reader, start=1):
            lines.append((number, [restore(cell) for cell in cells]))
            if number > MOST_ROWS * 2:
                break
    except csv.Error as fault:
        raise FileRefusedError(
            f"第 {reader.line_num} 行附近无法读取（{fault}）：检查引号是否成对、单元格是否过长。",
            f"Near line {reader.line_num} the file cannot be read ({fault}): check for unpaired quotes"
            " and over-long cells.",
        ) from fault
    return assemble(lines, [])


def _decode(data: bytes) -> str:
    for mark, name in _NOT_TEXT.items():
        if data.startswith(mark):
            raise FileRefusedError(
                f"这不是 CSV 文件，内容是 {name}：请上传 .csv 或 .xlsx。",
                f"This is no CSV file, its content is {name}: upload .csv or .xlsx.",
            )
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) or b"\x00" in data:
        raise FileRefusedError(
            "文件是 UTF-16 或二进制：请另存为“CSV UTF-8”。",
            "The file is UTF-16 or binary: save it as “CSV UTF-8”.",
        )
    for encoding in _ENCODINGS:
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise FileRefusedError(
        "文件既不是 UTF-8 也不是 GB 18030：请另存为“CSV UTF-8”。",
        "The file is neither UTF-8 nor GB 18030: save it as “CSV UTF-8”.",
    )


def _delimiter(content: str) -> str:
    head = next((line for line in content.splitlines() if line.strip()), "")
    return max(",;\t", key=head.count) if head else ","
