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

from analytics.services.asking import FUNCTION as DECISIONS
from analytics.services.integrity.by_hand import FUNCTION as BY_HAND
from analytics.services.scoring import FUNCTION, headline
from analytics.services.worth.reading import FUNCTION as WORTH
from common.models import Heartbeat, Load
from crm.models import Feed
from nps_project.duties import due_for, owner_of

# group -> (model, its title there, icon, duty shown as a badge); what has no admin or is not theirs to see is left out
GROUPS: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "Ask": (
        ("surveys.Program", "Programs", "campaign", "unversioned"),
        ("surveys.ProgramVersion", "Program versions", "history_edu", ""),
        ("surveys.Approval", "Approvals of versions", "fact_check", "unapproved"),
        ("surveys.Rehearsal", "Runs of the time machine", "history", ""),
        ("surveys.Readiness", "Readiness of data", "checklist_rtl", ""),
        ("surveys.TriggerHealth", "Trigger health", "ecg", "departs"),
        ("surveys.Decision", "Decisions", "rule", ""),
        ("surveys.Turn", "Turns to ask", "event_repeat", ""),
        ("surveys.TriggerRun", "Trigger runs", "bolt", ""),
        ("surveys.Invitation", "Invitations", "mail", ""),
        ("surveys.Message", "Messages", "outgoing_mail", "unknown"),
        ("surveys.InboundMail", "Mail that came back", "move_to_inbox", "suggested"),
        ("surveys.Brake", "Brakes", "front_hand", "stopped"),
        ("surveys.PublicLink", "Public links and tablets", "qr_code_2", ""),
        ("crm.Hold", "Holds", "do_not_disturb_on", ""),
        ("crm.Consent", "Consent", "handshake", ""),
        ("crm.ConsentWord", "Words on consent", "history", ""),
        ("crm.Suppression", "Suppression list", "unsubscribe", ""),
        ("crm.LiftedSuppression", "Lifted suppressions", "mark_email_read", ""),
    ),
    "Listen": (
        ("surveys.Response", "Answers", "forum", ""),
        ("surveys.Topic", "Topics", "label", ""),
        ("closedloop.CustomerSignal", "Signals", "sensors", ""),
        ("crm.Customer", "Customers", "groups", ""),
        ("crm.Account", "Accounts and households", "apartment", ""),
        ("crm.ContactPoint", "Addresses", "contact_mail", ""),
        ("crm.DuplicateCandidate", "Possible duplicates", "content_copy", ""),
        ("crm.Merge", "Merges", "merge", ""),
        ("crm.Interaction", "Interactions", "storefront", ""),
    ),
    "Earn": (
        ("crm.FinancialRecord", "Financial records", "payments", ""),
        ("crm.Relationship", "Customer relationships", "event_repeat", ""),
        ("crm.Acquisition", "How customers came", "group_add", ""),
        ("crm.Offer", "Offers", "sell", ""),
        ("crm.CustomerOffer", "Whom offers are for", "how_to_reg", ""),
        ("crm.OfferOutcome", "What became of offers", "task_alt", ""),
        ("crm.ProfileDetail", "Profile details", "contact_page", ""),
    ),
    "Act": (
        ("closedloop.Ticket", "Tickets", "phone_in_talk", "overdue"),
        ("closedloop.Alert", "Alerts", "notifications", ""),
        ("closedloop.AlertRule", "Alert rules", "tune", ""),
        ("closedloop.ServicePolicy", "Service policies", "timer", ""),
        ("closedloop.RootCause", "Root causes", "account_tree", ""),
    ),
    "Learn": (
        ("analytics.UnitDayScores", "Scores by day", "monitoring", ""),
        ("analytics.AnswerFact", "Answer facts", "dataset", ""),
        ("analytics.FillState", "Rollups", "layers", ""),
        ("distribution.Digest", "Digests", "newspaper", ""),
    ),
    "Organization": (
        ("crm.OrgUnit", "Units", "store", ""),
        ("crm.Placement", "Placements", "lan", ""),
        ("crm.Hierarchy", "Hierarchies", "schema", ""),
        ("crm.Reorganization", "Reorganizations", "move_up", ""),
        ("crm.Employee", "Employees", "badge", ""),
        ("crm.Assignment", "Assignments", "assignment_ind", ""),
        ("crm.BusinessCalendar", "Calendars", "calendar_month", ""),
        ("crm.InteractionKind", "Kinds of interaction", "category", ""),
    ),
    "System": (
        ("common.User", "People who sign in", "person", ""),
        ("crm.Source", "Systems that send", "hub", ""),
        ("crm.Feed", "Feeds", "stream", "silent"),
        ("crm.ApiKey", "API keys", "key", ""),
        ("crm.Upload", "Upload a file", "upload", ""),
        ("common.Load", "Loads", "upload_file", ""),
        ("distribution.Dispatch", "Mail to employees", "forward_to_inbox", "parked"),
        ("distribution.WebhookEndpoint", "Webhook endpoints", "webhook", "deaf"),
        ("distribution.WebhookDelivery", "Webhook deliveries", "send", "untold"),
        ("common.Export", "Exports", "download", ""),
        ("common.Trial", "Rows that failed", "report", "stuck"),
        ("common.Event", "Event trail", "receipt_long", ""),
        ("common.Heartbeat", "Heartbeats", "ecg_heart", ""),
        ("django_q.Schedule", "Timetable", "schedule", ""),
        ("django_q.Failure", "Failed jobs", "error", "failed"),
    ),
}
# pages outside the console that belong to a group, with the function their views ask for (empty: none)
DOORS: dict[str, tuple[tuple[str, str, str, str], ...]] = {
    "Ask": (
        ("Who is asked, and why not", "fact_check", "/insights/asking/", DECISIONS),
        ("What became of invitations", "stacked_bar_chart", "/insights/dispositions/", FUNCTION),
        ("How many answers are needed", "calculate", "/insights/plan/", FUNCTION),
    ),
    "Act": (("Work list", "checklist", "/tickets/", ""),),
    "Earn": (
        ("What loyalty goes with", "paid", "/insights/worth/", WORTH),
        ("Offers and scores", "compare_arrows", "/insights/offers/", FUNCTION),
    ),
    "Learn": (
        ("Insights", "insights", "/insights/", FUNCTION),
        ("Asked by hand", "back_hand", "/insights/by-hand/", BY_HAND),
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


def _entry(label: str, title: str, icon: str, duty: str, request: HttpRequest) -> dict[str, Any] | None:
    model = apps.get_model(label)
    if owner_of(model, request) is None:
        return None
    link = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
    due = due_for(request).get(duty)
    badge = (
        {"badge": due.figure, "badge_variant": "danger" if due.duty.urgent else "warning"} if due and due.number else {}
    )
    return {"title": title, "icon": icon, "link": link, **badge}


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
