"""Leaves over the person of an occasion: what they answered, when they were asked and served, since when they are ours.

All rows of a person count. Every figure is one of the moment the occasion happened, so that a decision can be replayed.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.db.models import CharField, DateField, Exists, F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Coalesce
from django.db.models.lookups import In

from common.conditions.describing import Choice
from common.conditions.wording import Called, Said, one_of
from crm.filters import NEWEST, PROPOSED, ChosenOf, HomeUnder, OneOf, texts_of
from crm.models import Account, AccountMember, Acquisition, Interaction, Relationship, UnitClosure
from crm.sight import Principal
from surveys.filters.comparing import (
    LONGEST,
    Compared,
    ComparedDays,
    DaysField,
    ScoreField,
    occasion_day,
    rows_of_person,
)
from surveys.models import ContactLedger, ProgramVersion, Response
from surveys.scoring import Category

PREVIOUS_ANSWER = timedelta(days=730)  # at most 24 months old
NONE = "none"  # no previous answer


def earlier_answers() -> QuerySet[Response]:
    """The person's answers from 0 to 10 before the occasion, the last first."""
    answers = Response.objects.promoter_scale().filter(
        customer__in=rows_of_person(), answered_at__lt=OuterRef("occurred_at")
    )
    return answers.order_by("-answered_at", "-id")


def previous_answer() -> QuerySet[Response]:
    """Those that are still comparable: at most 24 months old, and asked for in the words and on the scale in which
    their program asked when the occasion happened (`ProgramVersion.series`). In which words answers from elsewhere were
    asked for nobody knows: they are compared."""
    recent = earlier_answers().filter(answered_at__gte=OuterRef("occurred_at") - PREVIOUS_ANSWER)
    return recent.filter(Q(version=None) | Q(version__series=Coalesce(_series_then(), F("version__series"))))


def _series_then() -> Subquery:
    """Of an earlier answer's program, in the moment of the occasion; null: it had published nothing then."""
    published = ProgramVersion.objects.filter(
        program=OuterRef("program"), published_at__lte=OuterRef(OuterRef("occurred_at"))
    )
    return Subquery(published.order_by("-number").values("series")[:1])


class PreviousScore(Compared):
    """The person's last comparable score from 0 to 10 before the occasion: {"op": "lte", "value": 6}."""

    field_class = ScoreField
    verb = "was"

    def figure(self, said: dict[str, Any]) -> Any:
        return Subquery(previous_answer().values("score")[:1], output_field=IntegerField())


class PreviousCategory(ChosenOf):
    """What that score made of the person; "none": they gave no comparable one."""

    verb = "was"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        choices = [*((each.value, each.value) for each in Category), (NONE, "no answer")]
        super().__init__(*args, choices=choices, **kwargs)

    def q(self, words: list[str]) -> Q:
        last = Subquery(previous_answer().values("category")[:1], output_field=CharField())
        return Q(In(Coalesce(last, Value(NONE)), words))


class DaysSinceAnswer(ComparedDays):
    """Since the person's last answer from 0 to 10, however old."""

    def moment(self) -> Any:
        return Subquery(earlier_answers().values("answered_at")[:1])


class DaysSinceAsked(ComparedDays):
    """Since the last question to the person left the house."""

    def moment(self) -> Any:
        asked = ContactLedger.objects.filter(customer__in=rows_of_person(), handed_off_at__lt=OuterRef("occurred_at"))
        return Subquery(asked.order_by("-handed_off_at").values("handed_off_at")[:1])


class DaysSinceInteraction(ComparedDays):
    """Since anything happened with the person before."""

    def moment(self) -> Any:
        met = Interaction.objects.filter(customer__in=rows_of_person(), occurred_at__lt=OuterRef("occurred_at"))
        return Subquery(met.order_by("-occurred_at").values("occurred_at")[:1])


class Tenure(Compared):
    """Whole days from the person's first day as our customer, of the relationships in force on the day of the occasion;
    where none is told, from the day they were acquired."""

    field_class = DaysField
    most = LONGEST
    unit = "days"

    def figure(self, said: dict[str, Any]) -> Any:
        lasting = Q(left_on__isnull=True) | Q(left_on__gt=occasion_day())
        stays = Relationship.objects.filter(lasting, customer__in=rows_of_person(), joined_on__lte=occasion_day())
        gained = Acquisition.objects.filter(customer__in=rows_of_person(), acquired_on__lte=occasion_day())
        first = Coalesce(
            Subquery(stays.order_by("joined_on").values("joined_on")[:1]),
            Subquery(gained.order_by("acquired_on").values("acquired_on")[:1]),
        )
        days = Func(Cast(F("occurred_at"), DateField()), first, template="(%(expressions)s)", arg_joiner=" - ")
        days.output_field = IntegerField()
        return days


class Acquired(ChosenOf):
    """How the person first heard of us; known from the day they became a customer."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, choices=[(how.value, str(how.label)) for how in Acquisition.How], **kwargs)

    def q(self, words: list[str]) -> Q:
        gained = Acquisition.objects.filter(
            customer__in=rows_of_person(), acquired_on__lte=occasion_day(), how__in=words
        )
        return Q(Exists(gained))


class InAccount(OneOf):
    """The person belonged, on the day (UTC) of the occasion, to an account of which `account_field` is one of these."""

    account_field = "segment"

    def q(self, words: list[str]) -> Q:
        began = Q(since__isnull=True) | Q(since__lte=occasion_day())
        lasts = Q(until__isnull=True) | Q(until__gt=occasion_day())
        member = AccountMember.objects.filter(began, lasts, customer__in=rows_of_person())
        return Q(Exists(member.filter(**{f"account__{self.account_field}__in": words})))


class AccountKind(ChosenOf, InAccount):
    account_field = "kind"

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, choices=[(kind.value, str(kind.label)) for kind in Account.Kind], **kwargs)


class AccountSegment(InAccount):
    def suggest(self, rows: QuerySet[Any], words: str, principal: Principal) -> list[Choice]:
        seen = Account.objects.visible_to(principal).filter(segment__icontains=words).exclude(segment="")
        found = set(seen.order_by("-pk").values_list("segment", flat=True)[:NEWEST])
        return [Choice(value, value) for value in sorted(found)[:PROPOSED]]


class HomeThen(HomeUnder):
    """At home in the unit or anywhere below it, as the organization stood on the day (UTC) of the occasion."""

    def q(self, words: list[Any]) -> Q:
        below = UnitClosure.objects.filter(
            hierarchy__is_primary=True, ancestor__in=words, valid__contains=occasion_day()
        )
        return Q(Exists(below.filter(descendant=OuterRef("customer__unit"))))

    def says(self, value: Any, called: Called) -> Said:
        return one_of("the customer's home unit", "lies", texts_of(value), called).under()
