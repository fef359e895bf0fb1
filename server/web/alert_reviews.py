"""How an alert is kept: the live page, which refreshes itself, and the report afterwards (page, print, Excel, PDF)."""

from datetime import UTC, datetime
from typing import Any

from flask import Blueprint, Response, abort, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from server.documents import paper_pdf
from server.documents.paper import Paper, Paragraph, Table, clean
from server.flows.alert_report import Report, report
from server.store import audit
from server.store.paging import Query
from server.web import alert_words  # noqa: F401 - its words join at import
from server.web.access import allow, current_account, current_actor, current_scope, work
from server.web.exports import export, kind_asked
from server.web.frame import local
from server.web.frame import number as figure
from server.web.words import WORDS

blueprint = Blueprint("alert_reviews", __name__, url_prefix="/alerts")
HEAD = (
    _l("Enterprise"), _l("Area"), _l("Trips"), _l("Normal days"), _l("Change, %"), _l("Banned entries"),
    _l("Not settled"), _l("Turned away"), _l("Looked at"), _l("Machines"), _l("Inspections"), _l("Failed"),
)  # fmt: skip
LIVE_ROWS = 60


def _report(number: int) -> Report:
    with work() as connection:
        found = report(connection, current_scope(), number, datetime.now(UTC))
    return found if found is not None else abort(404)


@blueprint.get("/<int:number>/live")
@allow("leads.read")
def live(number: int) -> str:
    """The figures up to now; with htmx the part that refreshes."""
    found = _report(number)
    page = "alerts/_live.html" if "HX-Request" in request.headers else "alerts/live.html"
    return render_template(page, report=found, row=found.alert, most=LIVE_ROWS)


@blueprint.get("/<int:number>/report")
@allow("leads.read")
def report_page(number: int) -> ResponseReturnValue:
    """The whole report; as a workbook, CSV or PDF where the address asks for it."""
    found = _report(number)
    if kind_asked():
        lines = [_line(row) for row in found.rows] + [_total(found)]
        head = [str(one) for one in HEAD]
        return export("alert-report", head, lines, Query({}, ""), "alert.report", ("alert", number))
    if request.args.get("format") == "pdf":
        return _pdf(found, number)
    return render_template("alerts/report.html", report=found, row=found.alert)


def _line(row: dict[str, Any]) -> list[Any]:
    expected = None if row["expected"] is None else round(row["expected"], 1)
    change = None if row["change_pct"] is None else round(row["change_pct"], 1)
    return [
        row["name"], row["division_zh"] or row["division"], row["trips"], expected, change, row["banned"],
        row["waiting"], row["denied"], row["looked"], row["machines"], row["inspections"], row["failed"],
    ]  # fmt: skip


def _total(found: Report) -> list[Any]:
    totals = {**found.totals, "name": _("In all"), "division_zh": "", "division": ""}
    return _line({**totals, "inspections": totals["made"]})


def _pdf(found: Report, number: int) -> Response:
    data = paper_pdf.write(_paper(found))
    with work() as connection:
        audit.append(connection, current_actor(), "alert.report", "alert", number, {"format": "pdf"})
    answer = Response(data, content_type=paper_pdf.MEDIA_TYPE)
    answer.headers.set("Content-Disposition", "attachment", filename=f"alert-report-{number}.pdf")
    return answer


def _paper(found: Report) -> Paper:
    """Papers of the bureau are Chinese, whatever the language of the page."""
    alert, totals = found.alert, found.totals
    level = WORDS["alert_level"][alert["level"]][0]
    until = local(found.until, False)
    days = "、".join(day.isoformat() for day in sorted(found.normal_days)) or "（尚无）"
    told = (
        f"{alert['division_zh'] or alert['division']}重污染天气{level}预警"
        f"（{alert['document']}，{alert['authority']}）自"
        f"{local(alert['from_at'], False)}起，统计至{until}。期间大宗货物运输车辆进出{totals['trips']}车次，"
        + (f"正常日同时段{totals['expected']:.0f}车次；" if totals["expected"] is not None else "")
        + f"禁行车辆进入{totals['banned']}车次（未处理{totals['waiting']}），闸口拦截{totals['denied']}次，人工核查"
        f"{totals['looked']}次，停用机械作业{totals['machines']}次，现场检查{totals['made']}次（不合格{totals['failed']}次）。"
    )
    head = ("企业", "车次", "正常日", "变化%", "禁入", "拦截", "机械", "检查")
    rows = tuple(
        tuple(clean(cell) for cell in (
            row["name"], row["trips"], figure(row["expected"]), figure(row["change_pct"], 1), row["banned"],
            row["denied"], row["machines"], row["inspections"],
        ))
        for row in found.rows
    )  # fmt: skip
    blocks: list[Any] = [Paragraph(clean(told)), Paragraph(f"对比所用正常日：{days}", "note")]
    blocks += [Table(head, rows, (5, 2, 2, 2, 2, 2, 2, 2))] if rows else []
    return Paper(clean(current_account().organisation_zh), "重污染天气预警移动源管控评估报告", "", tuple(blocks))
