"""Days and amounts as Chinese official papers write them: 2026年11月24日, 伍仟元整."""

import re
from datetime import date
from decimal import Decimal

_DIGITS = "零壹贰叁肆伍陆柒捌玖"
_PLACES = ("", "拾", "佰", "仟")
_GROUPS = ("", "万", "亿", "万亿")
_PLAIN = str.maketrans(_DIGITS + "拾佰仟", "〇一二三四五六七八九十百千")
_ARTICLE = re.compile(r"第(\d{1,6})(?=[条款项])")


def day_zh(day: date) -> str:
    """2026年11月24日."""
    return f"{day.year}年{day.month}月{day.day}日"


def articles_zh(text: str) -> str:
    """Articles as papers cite them: 第1127条第1款 is 第一千一百二十七条第一款."""
    return _ARTICLE.sub(lambda found: f"第{_ordinal(int(found[1]))}", text)


def _ordinal(number: int) -> str:
    plain = _whole(number).translate(_PLAIN).replace("〇", "零")
    return plain.removeprefix("一") if plain.startswith("一十") else plain


def amount_upper(amount: Decimal) -> str:
    """An amount in yuan in the capitals of cheques and decisions: 5000 is 伍仟元整, 203.5 is 贰佰零叁元伍角."""
    cents = round(amount * 100)
    yuan, (jiao, fen) = cents // 100, divmod(cents % 100, 10)
    parts = [f"{_whole(yuan)}元" if yuan or not cents else ""]
    if jiao:
        parts.append(f"{_DIGITS[jiao]}角")
    elif fen and yuan:
        parts.append("零")
    parts.append(f"{_DIGITS[fen]}分" if fen else "" if jiao else "整")
    return "".join(parts)


def _whole(number: int) -> str:
    if number == 0:
        return "零"
    groups = []
    while number:
        number, low = divmod(number, 10_000)
        groups.append(low)
    text = ""
    for index in reversed(range(len(groups))):
        low = groups[index]
        if low == 0:
            continue
        if text and (low < 1000 or groups[index + 1] == 0):
            text += "零"
        text += _group(low) + _GROUPS[index]
    return text


def _group(number: int) -> str:
    text, gap = "", False
    for place in reversed(range(4)):
        digit = number // 10**place % 10
        if digit:
            text += ("零" if gap and text else "") + _DIGITS[digit] + _PLACES[place]
        gap = digit == 0
    return text
