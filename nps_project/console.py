"""The console's frame: what stands in the sidebar, what is due, what the first page shows. The rooms themselves are
each app's `admin/`; the look is in look.py."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.conf import settings
from django.db.models import F, QuerySet
from django.http import HttpRequest
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone
from django.utils.text import capfirst

from analytics.services.alert_precision import FUNCTION as ALERTS
from analytics.services.asking import FUNCTION as DECISIONS
from analytics.services.integrity.by_hand import FUNCTION as BY_HAND
from analytics.services.scoring import FUNCTION, headline
from analytics.services.worth.reading import FUNCTION as WORTH
from common.models import Heartbeat, Load
from crm.models import Feed
from nps_project.duties import due_for, list_of, owner_of

# group -> (model, icon, duties of which the first that is due is a badge), called what the list's own page is called;
# what has no admin or is not theirs to see is left out
GROUPS: dict[str, tuple[tuple[str, str, str], ...]] = {
    "Ask": (
        ("surveys.Program", "campaign", "unversioned"),
        ("surveys.ProgramVersion", "history_edu", ""),
        ("surveys.Approval", "fact_check", "unapproved"),
        ("surveys.Rehearsal", "history", ""),
        ("surveys.Readiness", "checklist_rtl", ""),
        ("surveys.TriggerHealth", "ecg", "departs"),
        ("surveys.Decision", "rule", ""),
        ("surveys.Turn", "event_repeat", ""),
        ("surveys.TriggerRun", "bolt", ""),
        ("surveys.Invitation", "mail", ""),
        ("surveys.Message", "outgoing_mail", "unknown"),
        ("surveys.InboundMail", "move_to_inbox", "unheard suggested"),
        ("surveys.Brake", "front_hand", "stopped"),
        ("surveys.PublicLink", "qr_code_2", ""),
        ("crm.Hold", "do_not_disturb_on", ""),
        ("crm.Consent", "handshake", ""),
        ("crm.ConsentWord", "history", ""),
        ("crm.Suppression", "unsubscribe", ""),
        ("crm.LiftedSuppression", "mark_email_read", ""),
    ),
    "Listen": (
        ("surveys.Response", "forum", ""),
        ("surveys.Topic", "label", ""),
        ("closedloop.CustomerSignal", "sensors", ""),
        ("crm.Customer", "groups", ""),
        ("crm.Account", "apartment", ""),
        ("crm.ContactPoint", "contact_mail", ""),
        ("crm.DuplicateCandidate", "content_copy", ""),
        ("crm.Merge", "merge", ""),
        ("crm.Interaction", "storefront", ""),
    ),
    "Earn": (
        ("crm.FinancialRecord", "payments", ""),
        ("crm.Relationship", "event_repeat", ""),
        ("crm.Acquisition", "group_add", ""),
        ("crm.Offer", "sell", ""),
        ("crm.CustomerOffer", "how_to_reg", ""),
        ("crm.OfferOutcome", "task_alt", ""),
        ("crm.ProfileDetail", "contact_page", ""),
    ),
    "Act": (
        ("closedloop.Ticket", "phone_in_talk", "overdue"),
        ("closedloop.Elevation", "move_up", "raised"),
        ("closedloop.Initiative", "flag", ""),
        ("closedloop.OutcomeNote", "campaign", ""),
        ("distribution.Huddle", "groups", ""),
        ("distribution.HuddleAction", "task", ""),
        ("closedloop.SavedFilter", "filter_alt", ""),
        ("closedloop.Alert", "notifications", ""),
        ("closedloop.Raising", "rule", ""),
        ("closedloop.AlertRule", "tune", ""),
        ("closedloop.Letter", "mail", ""),
        ("closedloop.ServicePolicy", "timer", ""),
        ("closedloop.Escalation", "escalator_warning", ""),
        ("closedloop.PriorityBand", "priority_high", ""),
        ("closedloop.RoutingRule", "alt_route", ""),
        ("closedloop.Action", "receipt_long", ""),
        ("closedloop.ActionKind", "category", ""),
        ("closedloop.AuthorityLimit", "rule", ""),
        ("closedloop.CauseEdition", "account_tree", ""),
        ("closedloop.RootCause", "nature", ""),
        ("closedloop.SecondCoding", "compare", ""),
        ("closedloop.RecoveryStudy", "science", ""),
        ("closedloop.RecoveryDraw", "casino", ""),
    ),
    "Learn": (
        ("analytics.Goal", "sports_score", ""),
        ("analytics.Launch", "rocket_launch", "short"),
        ("analytics.UnitDayScores", "monitoring", ""),
        ("analytics.AnswerFact", "dataset", ""),
        ("analytics.FillState", "layers", ""),
        ("distribution.Digest", "newspaper", ""),
        ("distribution.News", "campaign", ""),
        ("distribution.Entry", "auto_stories", ""),
        ("distribution.PolicyNotice", "policy", ""),
        ("distribution.Thanks", "favorite", ""),
        ("distribution.Talk", "record_voice_over", ""),
        ("distribution.Commitment", "handshake", ""),
        ("distribution.Subscription", "mark_email_unread", ""),
    ),
    "Organization": (
        ("crm.OrgUnit", "store", ""),
        ("crm.Placement", "lan", ""),
        ("crm.Hierarchy", "schema", ""),
        ("crm.Reorganization", "move_up", ""),
        ("crm.Employee", "badge", ""),
        ("crm.Assignment", "assignment_ind", ""),
        ("crm.Absence", "event_busy", ""),
        ("crm.Skill", "psychology", ""),
        ("crm.EmployeeSkill", "school", ""),
        ("crm.BusinessCalendar", "calendar_month", ""),
        ("crm.InteractionKind", "category", ""),
    ),
    "System": (
        ("common.User", "person", ""),
        ("crm.Source", "hub", ""),
        ("crm.Feed", "stream", "silent"),
        ("crm.ApiKey", "key", ""),
        ("crm.Upload", "upload", ""),
        ("common.Load", "upload_file", ""),
        ("distribution.Dispatch", "forward_to_inbox", "parked"),
        ("distribution.WebhookEndpoint", "webhook", "deaf"),
        ("distribution.WebhookDelivery", "send", "untold"),
        ("common.Export", "download", ""),
        ("common.Trial", "report", "stuck"),
        ("common.Event", "receipt_long", ""),
        ("common.Heartbeat", "ecg_heart", ""),
        ("django_q.Schedule", "schedule", ""),
        ("django_q.Failure", "error", "failed"),
    ),
}
# pages outside the console that belong to a group, with the function their views ask for (empty: none)
DOORS: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "Ask": (
        ("Who is asked, and why not", "fact_check", "/insights/asking/", DECISIONS),
        ("What became of invitations", "stacked_bar_chart", "/insights/dispositions/", FUNCTION),
        ("How many answers are needed", "calculate", "/insights/plan/", FUNCTION),
    ),
    "Act": (
        ("Work list", "checklist", "/tickets/", ""),
        ("Huddles", "groups", "/huddle/", ""),
        ("Were the alerts right?", "fact_check", "/insights/alerts/", ALERTS),
        ("Did calling help?", "health_and_safety", "/insights/recovery/", WORTH),
        ("How long tickets take", "timelapse", "/tickets/times/", ""),
    ),
    "Earn": (
        ("What loyalty goes with", "paid", "/insights/worth/", WORTH),
        ("Offers and scores", "compare_arrows", "/insights/offers/", FUNCTION),
    ),
    "Learn": (
        ("Insights", "insights", "/insights/", FUNCTION),
        ("Explorer", "query_stats", "/insights/explore/", FUNCTION),
        ("What goes with the score", "tune", "/insights/drivers/", FUNCTION),
        ("Launches against their expectation", "rocket_launch", "/insights/launches/", FUNCTION),
        ("Asked by hand", "back_hand", "/insights/by-hand/", BY_HAND),
        ("Library", "local_library", "/library/", "distribution.view_entry"),
    ),
}


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar: groups of the work, each entry only for those who may open it, counts of work due as badges."""
    home = {"title": "Today", "icon": "home", "link": reverse("admin:index")}
    groups: list[dict[str, Any]] = [{"items": [home]}]
    groups += [{"title": group, "separator": True, "items": _entries(group, request)} for group in GROUPS]
    return [group for group in groups if group["items"]]


def _entries(group: str, request: HttpRequest) -> list[dict[str, Any]]:
    found = [entry for row in GROUPS[group] if (entry := _entry(*row, request)) is not None]
    doors = [
        {"title": title, "icon": icon, "link": link}
        for title, icon, link, function in DOORS.get(group, ())
        if not function or request.user.has_perm(function)
    ]
    return [*doors, *found] if found else []


def _entry(label: str, icon: str, duties: str, request: HttpRequest) -> dict[str, Any] | None:
    model = apps.get_model(label)
    if owner_of(model, request) is None:
        return None
    known = due_for(request)
    due = next((known[code] for code in duties.split() if code in known and known[code].number), None)
    badge = {"badge": due.figure, "badge_variant": "danger" if due.duty.urgent else "warning"} if due else {}
    return {"title": capfirst(model._meta.verbose_name_plural), "icon": icon, "link": list_of(model), **badge}


def dashboard(request: HttpRequest, context: dict[str, Any]) -> dict[str, Any]:
    """The first page: what is due, the score, what came in."""
    due = due_for(request)
    loads, feeds = owner_of(Load, request), owner_of(Feed, request)
    context.update(
        title="Today",
        due=[found for found in due.values() if found.number],
        watched=bool(due),
        loads=list(loads.get_queryset(request).filter(dry_run=False).order_by("-started_at")[:5]) if loads else [],
        feeds=_feeds(feeds.get_queryset(request)) if feeds else [],
        heartbeats=list(Heartbeat.objects.order_by("name")) if owner_of(Heartbeat, request) else [],
        score=headline(request.user, timezone.now()) if request.user.has_perm(FUNCTION) else [],
    )
    return context


def _feeds(rows: QuerySet[Any]) -> list[Any]:
    """The silent ones first, then what was heard last."""
    last = F("state__last_at").desc(nulls_last=True)
    return list(rows.select_related("source", "state").order_by(F("silent_since").asc(nulls_last=True), last)[:6])


def environment(request: HttpRequest) -> list[str] | None:
    """The label beside the title where this is not the real thing."""
    return [settings.ENVIRONMENT, "warning"] if settings.ENVIRONMENT else None


def environment_prefix(request: HttpRequest) -> str | None:
    return f"[{settings.ENVIRONMENT}]" if settings.ENVIRONMENT else None


def mark(request: HttpRequest) -> str:
    return static("img/mark.svg")


def style(request: HttpRequest) -> str:
    return static("css/console.css")
