"""What stands in the house against what people did: nothing more, and nothing less."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass, field
from typing import Any

from crm.models import Consent, Hold, Suppression
from surveys.models import Invitation, LanguageWish, ProvisionalScore, Refusal, Response
from tests.scanners.plans import FURTHER

OPENED = {
    f"{method} {kind}" for method in ("GET", "HEAD") for kind in ("s", "u", "me", "a")
}  # by machines, all of them


@dataclass
class Truth:
    """What people did, and whose each click was."""

    pressed: dict[int, dict[str, Any]] = field(default_factory=dict)  # by invitation
    stopped: set[int] = field(default_factory=set)
    wished: dict[int, str] = field(default_factory=dict)  # by customer: the language chosen last
    passed_by: list[int] = field(default_factory=list)  # scores given by printed links
    human: dict[int, bool] = field(default_factory=dict)  # by click
    opened: Counter[str] = field(default_factory=Counter)  # by machines: "GET s", "HEAD me", ...


def judge(truth: Truth, invitations: Collection[Invitation]) -> dict[str, Any]:
    answers = {row.invitation_id: row for row in Response.objects.filter(invitation__in=invitations)}
    kept = {pk for pk, said in truth.pressed.items() if pk in answers and _says(answers[pk], said)}
    public = Response.objects.filter(invitation=None)
    refused = set(Refusal.objects.values_list("invitation", flat=True))
    wishes = dict(LanguageWish.objects.order_by("pk").values_list("customer", "language"))
    others = Hold.objects.count() + Consent.objects.filter(granted=True).count()
    return {
        "pressed": len(truth.pressed),
        "with_further_answers": sum("further" in said for said in truth.pressed.values()),
        "kept": len(kept),
        "false_scores": len(answers.keys() - truth.pressed.keys()),
        "unsubscribed": len(truth.stopped),
        "on_own_pages": len(truth.wished),
        "by_printed_links": len(truth.passed_by),
        "opened_by_machines": dict(sorted(truth.opened.items())),
        **_of_clicks(truth.human, pressed=truth.pressed.keys()),
        "no_false_score": not answers.keys() - truth.pressed.keys(),
        "every_press_kept": kept == truth.pressed.keys(),
        "only_people_unsubscribed": refused == truth.stopped and Suppression.objects.count() == len(truth.stopped),
        "only_people_changed_their_pages": wishes == truth.wished and others == 0,
        "only_people_answered_printed_links": sorted(public.values_list("score", flat=True)) == sorted(truth.passed_by),
        "every_kind_of_link_was_opened": truth.opened.keys() >= OPENED,
        "people_did_all_of_it": all((truth.pressed, truth.stopped, truth.wished, truth.passed_by)),
    }


def _says(answer: Response, said: dict[str, Any]) -> bool:
    further = {"ease": int(FURTHER["ease"]), "heard": FURTHER["heard"]} if "further" in said else None
    return (answer.score, answer.comment, answer.further) == (said["score"], said["comment"], further)


def _of_clicks(human: dict[int, bool], *, pressed: Collection[int]) -> dict[str, Any]:
    """`pressed`: the invitations whose customers did. They stand for each click of their own, and nobody for any click
    of another invitation."""
    clicks = list(ProvisionalScore.objects.filter(pk__in=human))
    judged = {click.pk: click.automatic for click in clicks}
    flagged = {pk for pk, automatic in judged.items() if automatic}
    people = {pk for pk, own in human.items() if own}
    seen = len(human) - len(people)
    stood_for = [click.state for click in clicks if click.pk in people and click.invitation_id in pressed]
    left = [click.state for click in clicks if click.invitation_id not in pressed]
    return {
        "clicks": len(human),
        "of_people": len(people),
        "called_automatic": len(flagged),
        "precision": round(1 - len(flagged & people) / len(flagged), 4) if flagged else None,
        "recall": round(len(flagged - people) / seen, 4) if seen else None,
        "no_person_called_a_machine": not flagged & people,
        "all_settled": None not in judged.values(),
        "clicks_of_who_pressed_confirmed": set(stood_for) == {ProvisionalScore.State.CONFIRMED},
        "clicks_of_who_left_expired": set(left) == {ProvisionalScore.State.EXPIRED},
    }
