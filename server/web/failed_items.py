"""What failed, as a repair notice holds it, in the language of the page.

A notice keeps the words of its paper and, beside them, the codes; where it has none (an older one) the words stand.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from server.web import inspection_words  # noqa: F401 - its words join at import
from server.web.language import pick
from server.web.words import word


def failed_items(rows: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Name, value, limit and unit of each."""
    return [
        {
            "name": word("measured_item", row["code"]) if row.get("code") else row["name"],
            "value": _seen(row, "value"),
            "limit": _seen(row, "limit"),
            "unit": pick("级", "Ringelmann") if row["unit"] == "级" else word("unit", row["unit"]),
        }
        for row in rows
    ]


def _seen(row: Mapping[str, Any], name: str) -> str:
    code = row.get(f"{name}_code")
    return word("measured_value", code) if code else str(row[name])
