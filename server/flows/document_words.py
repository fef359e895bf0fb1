"""The word of a bureau's numbers: 朝环罚〔2026〕5号. The bureau sets it; until then it comes of the bureau's name."""

import re

from sqlalchemy import Connection

from server.documents.paper_templates import Template, get_template, kinds
from server.flows.refusals import Fault, Refused
from server.store import audit, documents
from server.store.audit import Actor

_SECTORS = {"ecology": "环", "police": "公交", "transport": "交"}
_BRANCH = re.compile(r"局(?P<branch>.+?)分局$")
_WORD = re.compile(r"[\u4e00-\u9fffA-Za-z0-9（）()字-]{1,20}")


def default_word(name_zh: str, organisation_kind: str, template: Template) -> str:
    """朝阳市生态环境局 is 朝环, its branch 建平分局 is 朝环建; the kind's own word follows."""
    branch = _BRANCH.search(name_zh)
    short = branch["branch"][0] if branch else ""
    return f"{name_zh[:1]}{_SECTORS.get(organisation_kind, '')}{short}{template.word}"


def word_of(connection: Connection, issuer: dict[str, object], template: Template) -> str:
    """The word of the issuing bureau for a form; kept with its first use, so that no other bureau gets it.

    Raises Refused where another bureau has the word.
    """
    number, name = int(str(issuer["id"])), str(issuer["name_zh"])
    found = documents.find_word(connection, number, template.kind)
    if found is not None:
        return found
    word = default_word(name, str(issuer["kind"]), template)
    if not documents.put_word(connection, number, template.kind, word):
        raise Refused([_taken("kind", word)])
    return word


def set_words(connection: Connection, actor: Actor, organisation_id: int, wanted: dict[str, str]) -> int:
    """Set the words of a bureau; how many changed. Numbers given before keep theirs. Raises Refused."""
    now = documents.words_of(connection, organisation_id)
    changed = {kind: word.strip() for kind, word in wanted.items() if word.strip() and now.get(kind) != word.strip()}
    faults = [fault for kind, word in changed.items() if (fault := _fault(connection, organisation_id, kind, word))]
    if faults:
        raise Refused(faults)
    if changed:
        audit.append(connection, actor, "document.words", "organisation", organisation_id, changed)
    return len(changed)


def _fault(connection: Connection, organisation_id: int, kind: str, word: str) -> Fault | None:
    if kind not in kinds() or not _WORD.fullmatch(word):
        zh, en = "字号为1至20个汉字、字母或数字", "A word is 1 to 20 Chinese characters, letters or digits"
        return Fault(kind, zh, en)
    return None if documents.put_word(connection, organisation_id, kind, word) else _taken(kind, word)


def _taken(field: str, word: str) -> Fault:
    return Fault(
        field,
        f"字号“{word}”已由其他单位或文书使用，请系统管理员为本单位另设字号",
        f"The word {word} belongs to another bureau or form: the system administrator must set another",
    )


def titles() -> list[tuple[str, str, str]]:
    """Every form: kind, title, English title."""
    return [(kind, get_template(kind).title, get_template(kind).en) for kind in kinds()]
