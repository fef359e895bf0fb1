"""What the board beside a barrier shows: plate, stage, alert, pass or stop (HJ 1321)."""

from enforcement.alerts.answers import Answer
from enforcement.alerts.levels import LEVEL_NAMES, AlertLevel
from enforcement.registry.stages import Stage, stage_name

WORDS = {Answer.ALLOW: "放行", Answer.DENY: "禁止通行", Answer.CHECK: "请人工核对"}


def board(plate: str, stage: str, level: str | None, answer: str) -> str:
    """One line in Chinese: the board stands at a gate in Chaoyang."""
    known = Stage(stage) if stage in set(Stage) else Stage.UNKNOWN
    name = stage_name(known, True)[0] if known is not Stage.UNKNOWN else "阶段未知"
    alert = f"{LEVEL_NAMES[AlertLevel(level)][0]}预警 " if level else ""
    return f"{plate} {name} {alert}{WORDS[Answer(answer)]}"
