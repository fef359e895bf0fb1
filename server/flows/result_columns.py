"""The columns of a file of results: the subject, time and place, then the readings of the method as it defines them."""

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from enforcement.measurements import READINGS, Method

VALUES = 4  # groups of item, value, limit, unit in a periodic report


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """One column: `zh` is its header, `en` is understood too; `example` stands in the template's notes."""

    name: str
    zh: str
    en: str
    required: bool = False
    example: str = ""

    @property
    def header(self) -> str:
        return f"{self.zh} {self.en}"


COMMON = (
    ResultColumn("plate", "号牌号码", "Plate", True, "辽NA1234"),
    ResultColumn("plate_colour", "号牌颜色", "Plate colour", True, "黄"),
    ResultColumn("at", "检测时间", "Time", True, "2026-11-20 08:30"),
    ResultColumn("division", "区划代码", "Area code", False, "211302"),
    ResultColumn("place", "地点", "Place"),
    ResultColumn("lon", "经度", "Longitude", False, "120.45"),
    ResultColumn("lat", "纬度", "Latitude", False, "41.57"),
)


def _readings(method: Method) -> tuple[ResultColumn, ...]:
    return tuple(
        ResultColumn(item.name, _headed(item.metadata, "zh"), _headed(item.metadata, "en"), _required(item))
        for item in dataclasses.fields(READINGS[method])
        if item.name != "values"
    )


def _headed(data: Mapping[str, Any], language: str) -> str:
    return f"{data[language]}（{data['unit']}）" if data["unit"] and language == "zh" else str(data[language])


def _required(item: Any) -> bool:
    return item.default is dataclasses.MISSING and item.default_factory is dataclasses.MISSING


def _values() -> tuple[ResultColumn, ...]:
    parts = (("name", "项目", "Item"), ("value", "数值", "Value"), ("limit", "限值", "Limit"), ("unit", "单位", "Unit"))
    return tuple(
        ResultColumn(f"values.{number}.{name}", f"{zh}{number}", f"{en} {number}")
        for number in range(1, VALUES + 1)
        for name, zh, en in parts
    )


COLUMNS: Mapping[str, tuple[ResultColumn, ...]] = {
    "periodic": (*COMMON, *_readings(Method.PERIODIC_REPORT), *_values()),
    "remote_sensing": (
        *COMMON,
        *(
            dataclasses.replace(column, required=column.name == "record_no")
            for column in _readings(Method.REMOTE_SENSING)
        ),
    ),
}
METHOD_OF: Mapping[str, Method] = {"periodic": Method.PERIODIC_REPORT, "remote_sensing": Method.REMOTE_SENSING}
