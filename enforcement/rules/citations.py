"""How a legal basis is written in a document: titles of laws and standards, and bases that are no article of a law.

A basis of the rule book abbreviates (`CODE 1127(2)`, `GB 36886 table 1`); documents and pages give it in full.
"""

from __future__ import annotations

import re

TITLES: dict[str, tuple[str, str]] = {
    "CODE": ("《生态环境法典》", "Ecological Environment Code"),
    "APPCL": ("《大气污染防治法》", "Air Pollution Prevention and Control Law"),
    "EPL": ("《环境保护法》", "Environmental Protection Law"),
    "APL": ("《行政处罚法》", "Administrative Penalty Law"),
    "RTSL": ("《道路交通安全法》", "Road Traffic Safety Law"),
    "RTP": ("《道路交通安全违法行为处理程序规定》", "Provisions on the Handling of Road Traffic Violations"),
    "EPM": ("《生态环境行政处罚办法》", "Measures on Administrative Penalties for the Environment"),
    "GB 36886": ("GB 36886-2018", "GB 36886-2018"),
}
"""What a basis abbreviates, Chinese and English."""

OTHERS: dict[str, tuple[str, str]] = {
    "APL 37 of the text before 2021": (
        "《行政处罚法》（2021年修订前）第37条",
        "Administrative Penalty Law before 2021, art. 37",
    ),
    "GB 17691-2018 (95 % of valid points), taken over as a line to look at": (
        "参照 GB 17691-2018（有效点的95%），仅作关注线",
        "GB 17691-2018 (95 % of valid points), taken over as a line to look at",
    ),
    "no limit for remote data": ("远程数据无法定限值", "no limit for remote data"),
    "GB 17691-2018, driver warning on reagent level": (
        "GB 17691-2018 反应剂存量驾驶员报警",
        "GB 17691-2018, driver warning on reagent level",
    ),
    "Jinan regulation, art. 33": (
        "《济南市机动车和非道路移动机械排放污染防治条例》第33条",
        "Jinan regulation, art. 33",
    ),
    "Jinan regulation, art. 35": (
        "《济南市机动车和非道路移动机械排放污染防治条例》第35条",
        "Jinan regulation, art. 35",
    ),
    "Shandong regulation, art. 30": (
        "《山东省机动车排气污染防治条例》第30条",
        "Shandong regulation, art. 30",
    ),
    "Liaoning regulation on motor vehicle pollution (2013)": (
        "《辽宁省机动车污染防治条例》（2013年）",
        "Liaoning regulation on motor vehicle pollution (2013)",
    ),
    "local statute of Hainan": ("海南省地方性法规", "local statute of Hainan"),
    "local statute, where there is one": ("地方性法规（如有）", "local statute, where there is one"),
    "opinion on cement works of 2024": (
        "关于推进实施水泥行业超低排放的意见（2024）",
        "opinion on cement works of 2024",
    ),
    "notice 44 of the city of 2023": ("朝环发〔2023〕44号", "notice 44 of the city of 2023"),
    "notice of the ministry 655 of 2019": ("环办大气函〔2019〕655号", "notice of the ministry 655 of 2019"),
    "setting of the bureau": ("主管部门设定", "setting of the bureau"),
    "practice of several cities": ("多地做法", "practice of several cities"),
    "periodic test of goods vehicles by their age": (
        "按车龄确定的货车定期检验",
        "periodic test of goods vehicles by their age",
    ),
    "periodic test of goods vehicles, once a year": (
        "货车定期检验，每年一次",
        "periodic test of goods vehicles, once a year",
    ),
    "periodic test of older goods vehicles, twice a year": (
        "老旧货车定期检验，每年两次",
        "periodic test of older goods vehicles, twice a year",
    ),
    "most local rules": ("多数地方规定", "most local rules"),
    "letters of the plates of Liaoning": ("辽宁省号牌字母", "letters of the plates of Liaoning"),
    "practice before the revised APL": ("《行政处罚法》修订前的做法", "practice before the revised APL"),
}
"""Bases that are no article, word for word as the rule book has them."""

_BASIS = re.compile(r"(?P<law>[A-Z]+(?: \d{5})?) ?(?P<article>\d+)?(?:\((?P<paragraph>\d+)\))?")
_STANDARD = re.compile(
    r"(?P<name>(?:GB|HJ|GB/T|GA|GA/T|JT/T) [\d.]+(?:-\d{4})?)(?: (?P<part>table|annex)(?: (?P<number>\w+))?)?"
)
_PARTS = {"table": "表", "annex": "附录"}


def written(part: str) -> tuple[str, str]:
    """One basis in Chinese and English; what nobody knows stays as it is."""
    if part in OTHERS:
        return OTHERS[part]
    plain, recalled = part.removesuffix(", as recalled"), part.endswith(", as recalled")
    zh, en = _of_law(plain) or _of_standard(plain) or (plain, plain)
    return (f"{zh}（凭记忆）", f"{en}, as recalled") if recalled else (zh, en)


def _of_law(part: str) -> tuple[str, str] | None:
    found = _BASIS.fullmatch(part)
    if found is None or found["law"] not in TITLES:
        return None
    zh, en = TITLES[found["law"]]
    if found["article"]:
        zh, en = f"{zh}第{found['article']}条", f"{en}, art. {found['article']}"
    if found["paragraph"]:
        zh, en = f"{zh}第{found['paragraph']}款", f"{en} para. {found['paragraph']}"
    return zh, en


def _of_standard(part: str) -> tuple[str, str] | None:
    found = _STANDARD.fullmatch(part)
    if found is None:
        return None
    name = TITLES.get(found["name"], (found["name"], ""))[0]
    place = _PARTS[found["part"]] + (found["number"] or "") if found["part"] else ""
    return f"{name} {place}".strip(), part
