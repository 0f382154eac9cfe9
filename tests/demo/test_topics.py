"""The demo's analysts find each planted complaint by its own topic."""

import pytest

from demo.topics import TOPICS
from demo.truth.complaints import NEW_PRODUCT
from demo.words.complaints import COMPLAINTS
from surveys.models import PassageTopic, Topic
from surveys.services.classifying.editing import set_rule
from surveys.services.classifying.reading import read_answers
from tests.factories import crm as make_crm
from tests.factories import surveys as make
from tests.world import NOW

pytestmark = pytest.mark.django_db
CARD = {"fee": "card-fee", "abroad": "card-abroad", "pin": "card-pin"}


def test_each_planted_complaint_is_found_by_its_topic_in_every_language_that_has_rules():
    for code, (name, _what, rules) in TOPICS.items():
        topic = Topic.objects.create(code=code, name=name)
        for language, expression in rules.items():
            set_rule(topic=topic, language=language, expression=expression, by=None, at=NOW)
    unit, program = make_crm.unit(name="Harbour"), make.program()
    planted = {
        make.response(unit=unit, program=program, language=language, comment=body.format(product=NEW_PRODUCT)): kind
        for language in ("en", "fr")
        for kind, parts in COMPLAINTS[language].items()
        for body in parts["body"]
    }
    read_answers(at=NOW)
    found = {
        (row, kind): set(
            PassageTopic.objects.filter(passage__response=row, topic__code__in=CARD.values()).values_list(
                "topic__code", flat=True
            )
        )
        for row, kind in planted.items()
    }
    missed = [row.comment for (row, kind), topics in found.items() if CARD[kind] not in topics]
    crossed = [row.comment for (row, kind), topics in found.items() if topics - {CARD[kind]}]
    assert (missed, crossed) == ([], [])
