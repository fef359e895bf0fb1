"""What an answer says, in both languages; the code is what a gate's program reads."""

from __future__ import annotations

from enforcement.alerts.levels import LEVEL_NAMES, Alert
from enforcement.alerts.measures import Measure
from enforcement.registry.stages import Stage, stage_name
from enforcement.registry.subjects import Subject, Truck
from enforcement.sentences import Sentence
from enforcement.zones.whitelist import WhitelistEntry


def no_alert() -> Sentence:
    """Nothing is in force."""
    return Sentence("no_alert", "当前没有重污染天气预警，可以进出。", "No alert is in force: may pass.")


def no_measure(alert: Alert) -> Sentence:
    """An alert holds, and no measure speaks of this subject here."""
    zh, en = _alert(alert)
    return Sentence("no_measure", f"{zh}没有限制其进出的管控措施。", f"{en}: no measure keeps it out.")


def stage_allowed(subject: Subject) -> Sentence:
    """A measure speaks of it and spares its stage."""
    zh, en = _subject(subject)
    return Sentence("stage_allowed", f"{zh}，预警期间可以进出。", f"{en}: may enter during the alert.")


def exempt(subject: Subject, measure: Measure) -> Sentence:
    """The register shows an exemption."""
    zh, en = _subject(subject)
    return Sentence("exempt", f"{zh}，属于豁免对象（{measure.zh}）。", f"{en}: exempt ({measure.en}).")


def let_in(alert: Alert, measure: Measure) -> Sentence:
    """A measure expressly lets it in."""
    zh, en = _alert(alert)
    return Sentence("let_in", f"{zh}允许进出：{measure.zh}。", f"{en}: let in. {measure.en}.")


def unknown(subject: Subject, measure: Measure) -> Sentence:
    """The stage is what is missing most often; else it is the kind or the fuel."""
    if subject.stage is Stage.UNKNOWN and measure.terms.stages:
        return Sentence(
            "stage_unknown",
            f"{subject.name}排放阶段不明，请人工核对随车清单后放行或劝返。",
            f"The stage of {subject.name} is not known: look at its vehicle list before it passes.",
        )
    return Sentence(
        "facts_unknown",
        f"{subject.name}的类型或燃料不明，请人工核对是否属于“{measure.zh}”。",
        f"Kind or fuel of {subject.name} is not known: look whether this means it: {measure.en}.",
    )


def limited(alert: Alert, measure: Measure) -> Sentence:
    """The measure wants a person to look."""
    zh, en = _alert(alert)
    return Sentence("limited", f"{zh}请人工核对：{measure.zh}。", f"{en}, a person looks at it: {measure.en}.")


def whitelisted(subject: Subject, entry: WhitelistEntry) -> Sentence:
    """Leave was given for a purpose that the measure spares."""
    zh, en = _subject(subject)
    return Sentence(
        "whitelisted",
        f"{zh}，凭白名单（{entry.approver}批准）进出，已记录备查。",
        f"{en}, let in by the whitelist (approved by {entry.approver}); kept for review.",
    )


def kept_out(subject: Subject, alert: Alert, measure: Measure) -> Sentence:
    """It may not pass."""
    zh, en = _subject(subject)
    of_zh, of_en = _alert(alert)
    return Sentence("kept_out", f"{of_zh}{measure.zh}：{zh}不得进出。", f"{of_en}: {measure.en}. {en} may not pass.")


def _alert(alert: Alert) -> tuple[str, str]:
    zh, en = LEVEL_NAMES[alert.level]
    return f"重污染天气{zh}预警期间（{alert.document}），", f"During the {en} alert ({alert.document})"


def _subject(subject: Subject) -> tuple[str, str]:
    is_truck = isinstance(subject, Truck)
    zh, en = stage_name(subject.stage, is_truck)
    return f"{subject.name}（{zh}）", f"{subject.name} ({en})"
