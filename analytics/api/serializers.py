"""How score cards and dispositions leave the house."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from analytics.maths.scorecards import COVERAGE, RESPONSE_RATE, ScoreCard
from analytics.services.disposing import Outcome
from surveys.dispositions import LABELS, Disposition

VERDICTS = ["changed", "not detectable"]


class ChangeSerializer(serializers.Serializer[Any]):
    """Against the period before, of as many days, which never overlaps it: adjusted scores, two-sided test at 5 %;
    while the period is running, over all the days on which one may look. Parts (`by`) are tested together."""

    points = serializers.FloatField()
    low = serializers.FloatField(source="interval.low")
    high = serializers.FloatField(source="interval.high")
    p = serializers.FloatField(help_text="Of the exact test where `exact`, else of z.")
    exact = serializers.BooleanField(help_text="Either side has under 30 answers.")
    alpha = serializers.FloatField(help_text="What p has to stay below.")
    verdict = serializers.ChoiceField(choices=VERDICTS)


class IntervalSerializer(serializers.Serializer[Any]):
    low = serializers.FloatField()
    high = serializers.FloatField()


class TargetSerializer(serializers.Serializer[Any]):
    """The adjusted score against the target asked for; `points` above it."""

    target = serializers.FloatField()
    points = serializers.FloatField()
    p = serializers.FloatField()
    verdict = serializers.ChoiceField(choices=["above", "below", "cannot tell"])


class PlaceSerializer(serializers.Serializer[Any]):
    """Which places it could have, 1 the highest; all pairs compared at once."""

    best = serializers.IntegerField()
    worst = serializers.IntegerField()
    of = serializers.IntegerField()


class WeightedSerializer(serializers.Serializer[Any]):
    """The score weighted by one over the chance of being asked, beside the raw one of the same answers."""

    nps = serializers.FloatField(source="score")
    low = serializers.FloatField(source="interval.low")
    high = serializers.FloatField(source="interval.high")
    unweighted = serializers.FloatField(source="raw")
    n = serializers.IntegerField()
    effective_n = serializers.FloatField(source="n_eff")
    design_effect = serializers.FloatField(source="deff")
    largest_weight = serializers.FloatField(source="largest", help_text="The mean weight is 1.")


class LatenessSerializer(serializers.Serializer[Any]):
    """Those who answered within so many hours, those who answered later, and late minus early."""

    hours = serializers.IntegerField()
    early_n = serializers.IntegerField(source="early.n")
    early_nps = serializers.FloatField()
    late_n = serializers.IntegerField(source="late.n")
    late_nps = serializers.FloatField()
    change = ChangeSerializer()


class WeighingSerializer(serializers.Serializer[Any]):
    """Of answers to invitations. `weighted` null: all had the same chance; `lateness` null: too few."""

    n = serializers.IntegerField()
    weighted = WeightedSerializer(allow_null=True)
    raked_to = serializers.ListField(child=serializers.CharField(), help_text="Each counts by its occasions.")
    unknown = serializers.IntegerField(help_text="Answers whose chance is not kept, in no weight.")
    cut = serializers.IntegerField(help_text="Answers whose weight was cut at five times the median.")
    lateness = LatenessSerializer(allow_null=True)


class ScoreSerializer(serializers.Serializer[Any]):
    """One score with what it takes to read it; figures are not rounded; null means unknown or too few to show."""

    key = serializers.CharField(help_text="Id of the unit, code of the program, channel, or month as 2026-11.")
    label = serializers.CharField()
    n = serializers.IntegerField()
    shown = serializers.ChoiceField(choices=["nothing", "counts", "faint", "full"])
    detractors = serializers.IntegerField(source="visible_counts.detractors", default=None, allow_null=True)
    passives = serializers.IntegerField(source="visible_counts.passives", default=None, allow_null=True)
    promoters = serializers.IntegerField(source="visible_counts.promoters", default=None, allow_null=True)
    nps = serializers.FloatField(allow_null=True, help_text="From ten answers on.")
    low = serializers.FloatField(allow_null=True, help_text="Adjusted Wald, 95 %, clipped.")
    high = serializers.FloatField(allow_null=True)
    loaded = serializers.IntegerField(help_text="Of the answers, collected elsewhere; in neither rate.")
    response_rate = serializers.FloatField(allow_null=True, help_text=RESPONSE_RATE)
    invited = serializers.IntegerField(source="asking.invited")
    coverage = serializers.FloatField(allow_null=True, help_text=COVERAGE)
    eligible = serializers.IntegerField(source="asking.eligible")
    bounds = IntervalSerializer(
        allow_null=True, help_text="Whatever those asked who stayed silent would have said; null: the rate is unknown."
    )
    target = TargetSerializer(source="against_target", allow_null=True, help_text="If one was asked for.")
    place = PlaceSerializer(allow_null=True, help_text="Of units, from 100 answers or a half-width of 10 on.")
    running = serializers.BooleanField(help_text="The period moves with the calendar: a change takes more.")
    previous_n = serializers.SerializerMethodField()
    previous_nps = serializers.FloatField(allow_null=True)
    change = ChangeSerializer(allow_null=True)

    @extend_schema_field(serializers.IntegerField(allow_null=True))
    def get_previous_n(self, card: ScoreCard) -> int | None:
        return None if card.previous is None else card.previous.n


class UnitSerializer(serializers.Serializer[Any]):
    source = serializers.CharField()
    external_id = serializers.CharField()
    name = serializers.CharField()


class AnswerSerializer(serializers.Serializer[Any]):
    """The question as it was understood, and its scores."""

    unit = UnitSerializer()
    start = serializers.DateField()
    end = serializers.DateField()
    before_start = serializers.DateField(source="compared.start", help_text="First day of what it is compared with.")
    before_end = serializers.DateField(source="compared.end")
    by = serializers.CharField(allow_null=True)
    as_of = serializers.ChoiceField(choices=["was", "is", "day"], source="view.kind")
    on = serializers.DateField(source="view.on", allow_null=True)
    known_at = serializers.DateTimeField(source="view.known_at", allow_null=True)
    hierarchy = serializers.CharField(
        source="view.hierarchy", allow_blank=True, help_text="Empty: the line of management."
    )
    response_rate_is = serializers.CharField(default=RESPONSE_RATE)
    coverage_is = serializers.CharField(default=COVERAGE)
    scores = ScoreSerializer(many=True)
    weighing = WeighingSerializer(allow_null=True, help_text="If it was asked for.")


def _rate(text: str) -> Any:
    return serializers.FloatField(allow_null=True, help_text=text)


class RatesSerializer(serializers.Serializer[Any]):
    """The AAPOR's classes and rates; null where nobody is in the denominator."""

    i = serializers.IntegerField(help_text="Complete.")
    p = serializers.IntegerField(help_text="Partial.")
    r = serializers.IntegerField(help_text="Refusal and break-off.")
    nc = serializers.IntegerField(help_text="Delivered, silent; those who may still answer included.")
    o = serializers.IntegerField(help_text="Other.")
    u = serializers.IntegerField(help_text="Unknown eligibility: came back, not delivered, not known.")
    e = serializers.FloatField(help_text="Part of U taken for eligible in RR3 and RR4.")
    rr1 = _rate("I / (I + P + R + NC + O + U)")
    rr2 = _rate("(I + P) / the same: the rate beside a score")
    rr3 = _rate("I / (I + P + R + NC + O + e U)")
    rr4 = _rate("(I + P) / the same")
    rr5 = _rate("I / (I + P + R + NC + O)")
    rr6 = _rate("(I + P) / the same")
    coop1 = _rate("I / (I + P + R + O)")
    coop3 = _rate("I / (I + P + R)")
    ref1 = _rate("R / all")
    con1 = _rate("(I + P + R + O) / all")


class ClicksSerializer(serializers.Serializer[Any]):
    """Of programs that keep clicks on scores: how many are settled, and how many of them were judged automatic."""

    n = serializers.IntegerField()
    automatic = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True)


class OutcomeSerializer(serializers.Serializer[Any]):
    """Every invitation has exactly one disposition, so they add up to `invitations`."""

    key = serializers.CharField(help_text="Id of the unit, code of the program, channel, or month as 2026-11.")
    label = serializers.CharField()
    invitations = serializers.IntegerField()
    n = serializers.IntegerField(help_text="Those that went out: all rates are of them.")
    open = serializers.IntegerField(help_text="Of those, who may still answer; the rates are so far.")
    dispositions = serializers.SerializerMethodField()
    rates = RatesSerializer()
    clicks = ClicksSerializer()

    @extend_schema_field(
        {
            "type": "object",
            "properties": {each.value: {"type": "integer", "description": LABELS[each]} for each in Disposition},
            "required": [each.value for each in Disposition],
        }
    )
    def get_dispositions(self, outcome: Outcome) -> dict[str, int]:
        return {each.value: outcome.counts.get(each, 0) for each in Disposition}


class DispositionsSerializer(serializers.Serializer[Any]):
    unit = UnitSerializer()
    start = serializers.DateField()
    end = serializers.DateField()
    by = serializers.CharField(allow_null=True)
    outcomes = OutcomeSerializer(many=True)
