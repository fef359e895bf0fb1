"""What an account may see: a part of the country by division code, or the rows of one enterprise.

Every list query takes a Scope and adds `scope.condition(...)` to its WHERE. Bureau accounts are held by this filter;
enterprise, station and partner accounts are also fenced by the row policies of the database (`Scope.fence`).
"""

from dataclasses import dataclass
from typing import Any

from server.db import Fence

NO_ENTERPRISE = 0  # an identity column never reaches it: a fenced account without an enterprise sees nothing
FENCED_KINDS = frozenset({"enterprise", "station", "partner"})


@dataclass(frozen=True, slots=True)
class Scope:
    """Rows whose division begins with `divisions`, or rows of `enterprise_id`; None leaves that side open."""

    divisions: str | None = None
    enterprise_id: int | None = None
    fence: Fence | None = None
    organisation_id: int | None = None
    kind: str = "ecology"

    def bureau_condition(self, division: str, case_id: str) -> tuple[str, dict[str, Any]]:
        """SQL for cases and what hangs on them: the ecology bureau by area, other bureaus by what was sent to them.

        Fenced accounts are left to the row policies. `division` and `case_id` name the columns.
        """
        if self.fence is not None:
            return "true", {}
        if self.kind == "ecology":
            return self.condition(division)
        return (
            f"{case_id} IN (SELECT r.case_id FROM referrals r"
            " WHERE :scope_organisation IN (r.to_id, r.from_id) AND r.state <> 'withdrawn')",
            {"scope_organisation": self.organisation_id},
        )

    def condition(self, division: str, enterprise: str | None = None) -> tuple[str, dict[str, Any]]:
        """SQL for WHERE and its parameters; `division` and `enterprise` name the columns."""
        clauses: list[str] = []
        values: dict[str, Any] = {}
        if self.divisions is not None:
            clauses.append(f"{division} LIKE :scope_divisions")
            values["scope_divisions"] = self.divisions + "%"
        if self.enterprise_id is not None and enterprise is not None:
            clauses.append(f"{enterprise} = :scope_enterprise")
            values["scope_enterprise"] = self.enterprise_id
        return " AND ".join(clauses) or "true", values

    def covers(self, division: str | None) -> bool:
        """Whether a row of this division lies in the scope (enterprise scopes answer by the fence)."""
        return self.divisions is None or (division or "").startswith(self.divisions)


def division_prefix(code: str) -> str:
    """211300 (a city) covers 2113..; 210000 (a province) covers 21....; 211321 covers itself."""
    return code[:2] if code.endswith("0000") else code[:4] if code.endswith("00") else code


def scope_of(kind: str, division: str, enterprise_id: int | None, organisation_id: int | None = None) -> Scope:
    """The scope of an organisation: bureaus by area, everyone else by the fence."""
    if kind not in FENCED_KINDS:
        return Scope(divisions=division_prefix(division), organisation_id=organisation_id, kind=kind)
    own = enterprise_id if kind == "enterprise" and enterprise_id else NO_ENTERPRISE
    area = division_prefix(division) if kind == "partner" else None
    fence = Fence(own or None, area, organisation_id)
    return Scope(enterprise_id=own, fence=fence, organisation_id=organisation_id, kind=kind)
