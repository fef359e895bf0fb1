"""Which roles hold a permission, which bureaus may use it at all, what the key of another system opens (ADR 0013)."""

from collections.abc import Collection

from server.store.users import Role

R = Role
BUREAU = frozenset({R.OFFICER, R.REVIEWER, R.INSPECTOR, R.APPROVER, R.READ_ONLY})
EVERYONE = frozenset(R) - {R.DEVICE}

PUBLIC = "public"  # no account needed
SIGNED_IN = "signed_in"

PERMISSIONS: dict[str, frozenset[Role]] = {
    SIGNED_IN: EVERYONE,
    "map.read": BUREAU | {R.ENTERPRISE},
    "search.read": BUREAU | {R.ENTERPRISE},
    "violations.read": BUREAU | {R.ENTERPRISE},
    "violations.evidence": BUREAU,
    "violations.decide": frozenset({R.OFFICER, R.REVIEWER}),
    "leads.read": BUREAU,
    "leads.decide": frozenset({R.OFFICER, R.REVIEWER, R.INSPECTOR}),
    "registry.read": BUREAU | {R.ENTERPRISE},
    "registry.edit": frozenset({R.OFFICER, R.REVIEWER}),
    "registry.import": frozenset({R.OFFICER, R.REVIEWER}),
    "terminals.read": BUREAU | {R.ENTERPRISE, R.SYSTEM_ADMIN},
    "terminals.edit": frozenset({R.OFFICER, R.SYSTEM_ADMIN}),
    "telemetry.read": BUREAU,
    "quarantine.read": BUREAU | {R.SYSTEM_ADMIN},
    "quarantine.settle": frozenset({R.OFFICER, R.SYSTEM_ADMIN}),
    "alarms.read": BUREAU | {R.SYSTEM_ADMIN},
    "alarms.settle": frozenset({R.OFFICER, R.SYSTEM_ADMIN}),
    "zones.read": BUREAU | {R.ENTERPRISE},
    "zones.edit": frozenset({R.OFFICER, R.APPROVER}),
    "whitelist.read": BUREAU | {R.ENTERPRISE},
    "whitelist.edit": frozenset({R.OFFICER, R.APPROVER}),
    "whitelist.approve": frozenset({R.APPROVER}),
    "calendar.edit": frozenset({R.OFFICER, R.SYSTEM_ADMIN}),
    "organisations.manage": frozenset({R.SYSTEM_ADMIN}),
    "accounts.manage": frozenset({R.SECURITY_ADMIN}),
    "audit.read": frozenset({R.AUDITOR}),
    "rules.read": BUREAU | {R.SYSTEM_ADMIN, R.AUDITOR},
    "rules.edit": frozenset({R.APPROVER, R.SYSTEM_ADMIN}),
    "instruments.read": BUREAU,
    "instruments.edit": frozenset({R.OFFICER, R.INSPECTOR}),
    "inspections.read": BUREAU | {R.ENTERPRISE, R.STATION},
    "inspections.record": frozenset({R.OFFICER, R.REVIEWER, R.INSPECTOR}),
    "inspections.import": frozenset({R.OFFICER, R.REVIEWER}),
    "capture_devices.read": BUREAU,
    "capture_devices.edit": frozenset({R.OFFICER, R.APPROVER}),
    "captures.read": BUREAU | {R.ENTERPRISE},
    "captures.upload": frozenset({R.OFFICER, R.INSPECTOR}),
    "captures.review": frozenset({R.OFFICER, R.REVIEWER, R.INSPECTOR}),
    "evidence.read": BUREAU | {R.ENTERPRISE, R.STATION, R.PARTNER},
    "evidence.add": frozenset({R.OFFICER, R.REVIEWER, R.INSPECTOR, R.APPROVER, R.STATION, R.PARTNER}),
    "evidence.check": frozenset({R.OFFICER, R.REVIEWER, R.INSPECTOR, R.APPROVER}),
    "cases.read": BUREAU | {R.ENTERPRISE, R.PARTNER},
    "cases.open": frozenset({R.OFFICER, R.REVIEWER}),
    "cases.work": frozenset({R.OFFICER, R.REVIEWER, R.APPROVER, R.PARTNER}),
    "cases.export": frozenset({R.OFFICER, R.REVIEWER, R.APPROVER}),
    "deadlines.read": BUREAU | {R.PARTNER},
    "documents.issue": frozenset({R.OFFICER, R.APPROVER}),
    "stations.read": BUREAU,
    "stations.edit": frozenset({R.OFFICER}),
    "repairs.read": BUREAU | {R.ENTERPRISE, R.STATION},
    "repairs.record": frozenset({R.STATION}),
    "retests.record": frozenset({R.STATION, R.OFFICER, R.INSPECTOR}),
    "system_keys.manage": frozenset({R.SECURITY_ADMIN}),
    "watch.read": BUREAU,
    "watch.edit": frozenset({R.OFFICER, R.REVIEWER}),
    "assignments.read": BUREAU,
    "assignments.edit": frozenset({R.OFFICER, R.REVIEWER, R.APPROVER}),
    "tablet.use": frozenset({R.OFFICER, R.REVIEWER, R.INSPECTOR}),
    "tablets.manage": frozenset({R.OFFICER, R.SECURITY_ADMIN}),
    "ledgers.read": BUREAU | {R.ENTERPRISE},
    "ledgers.record": frozenset({R.ENTERPRISE}),
    "gates.read": BUREAU | {R.ENTERPRISE},
    "gates.edit": frozenset({R.OFFICER, R.ENTERPRISE}),
    "gates.ask": frozenset({R.ENTERPRISE}),
    "alerts.read": BUREAU | {R.ENTERPRISE},
    "alerts.edit": frozenset({R.APPROVER}),
    "large_users.read": BUREAU | {R.ENTERPRISE},
    "large_users.edit": frozenset({R.OFFICER, R.APPROVER}),
    "whitelist.apply": frozenset({R.ENTERPRISE}),
    "whitelist.review": frozenset({R.OFFICER, R.REVIEWER}),
    "ledger_review.read": BUREAU | {R.ENTERPRISE},
    "verification.read": BUREAU,
    "verification.work": frozenset({R.OFFICER, R.REVIEWER, R.INSPECTOR}),
    "legal_holds.edit": frozenset({R.OFFICER, R.APPROVER}),
    "sites.read": BUREAU | {R.ENTERPRISE},
    "sites.edit": frozenset({R.OFFICER}),
    "site_stays.record": frozenset({R.OFFICER, R.INSPECTOR, R.ENTERPRISE}),
    "pleas.read": BUREAU | {R.ENTERPRISE},
    "pleas.send": frozenset({R.ENTERPRISE}),
    "pleas.answer": frozenset({R.OFFICER, R.REVIEWER}),
}

SCOPES: dict[str, frozenset[str]] = {
    "camera": frozenset({SIGNED_IN, "captures.upload"}),
    "station": frozenset({SIGNED_IN, "inspections.read", "repairs.read", "repairs.record", "retests.record"}),
    "gate": frozenset({SIGNED_IN, "gates.read", "gates.ask", "ledgers.read", "ledgers.record"}),
}
"""What the key of another system opens, by its scopes; roles do not count for it."""

OTHER_BUREAUS = frozenset({"police", "transport", "market", "housing", "agriculture"})
JOINT = frozenset({"police", "transport"})
OPEN_TO: dict[str, frozenset[str]] = {
    SIGNED_IN: OTHER_BUREAUS,
    "registry.read": JOINT,
    "search.read": JOINT,
    "rules.read": OTHER_BUREAUS,
    "evidence.read": OTHER_BUREAUS,
    "evidence.add": OTHER_BUREAUS,
    "evidence.check": OTHER_BUREAUS,
    "cases.read": OTHER_BUREAUS,
    "cases.work": OTHER_BUREAUS,
    "cases.export": JOINT,
    "deadlines.read": OTHER_BUREAUS,
    "documents.issue": JOINT,
    "stations.read": frozenset({"transport", "market"}),
    "stations.edit": frozenset({"transport"}),
    "repairs.read": JOINT,
    "alerts.read": OTHER_BUREAUS,
}
"""What a bureau besides the ecology bureau may do at all: work on what was sent to it (enforcement.md 7.1)."""


def permits(permission: str, roles: Collection[Role], kind: str) -> bool:
    """Whether an account with these roles in an organisation of this kind holds a permission."""
    if kind in OTHER_BUREAUS and kind not in OPEN_TO.get(permission, frozenset()):
        return False
    return bool(PERMISSIONS[permission] & frozenset(roles))
