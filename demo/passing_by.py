"""People whom the bank does not know, who answered a poster at the door and a tablet on the counter. By the services of
the house, once, at the end of the history."""

from __future__ import annotations

from datetime import datetime, timedelta
from random import Random
from uuid import UUID

from common.models import User
from crm.models import OrgUnit
from demo.company.bank import SOURCE, Bank
from surveys.models import Program, PublicLink, Response
from surveys.questionnaire.questions import Value
from surveys.services.answering import record_comment
from surveys.services.answering_further import record_further
from surveys.services.finishing import finish
from surveys.services.public_links.answering import store_score
from surveys.services.public_links.making import make_link

SAID = {
    2: "Forty minutes in the queue and then the counter closed.",
    5: "Nobody at the door to ask.",
    7: "Fine, only the wait.",
    9: "Friendly as always.",
    10: "The young man at the desk sorted it in a minute.",
}
SCORES = (10, 9, 9, 7, 5, 10, 9, 2, 8, 10, 9, 7, 9, 10, 5, 9, 8, 10, 9, 9, 7, 10)


def pass_by(bank: Bank, *, at: datetime) -> None:
    """A poster and a tablet in the first branch, with the answers of three weeks. Does nothing a second time."""
    if PublicLink.objects.exists():
        return
    unit = OrgUnit.objects.get(source=SOURCE, external_id=bank.branches[0].code)
    program = Program.objects.get(code="after-branch-visit")
    office = User.objects.get(username=bank.employees[0].login)
    began, places = at - timedelta(days=22), (("Poster at the door", "link"), ("Tablet on the counter", "kiosk"))
    poster, tablet = (
        make_link(program=program, unit=unit, place=place, kind=kind, at=began, by=office) for place, kind in places
    )
    chance = Random(bank.seed)
    for number, score in enumerate(SCORES):
        _answer(tablet if number % 4 else poster, score, began + timedelta(days=number, hours=11), chance)
    # nobody is told today of what was said weeks ago
    Response.objects.filter(customer=None, answered_at__lt=at - timedelta(days=3)).update(signalled_at=at)


def _answer(link: PublicLink, score: int, at: datetime, chance: Random) -> None:
    version = link.program.version
    if version is None:
        return
    key = UUID(int=chance.getrandbits(128), version=4)
    response = store_score(link=link, version=version, key=key, score=score, language="en", at=at)
    if words := SAID.get(score):
        response = record_comment(response=response, text=words, at=at + timedelta(seconds=30))
    given: dict[str, Value] = {"wait": max(1, score // 2), "what": ["staff"]}
    response = record_further(response=response, given=given, at=at + timedelta(seconds=30))
    finish(response=response, at=at + timedelta(seconds=31))
