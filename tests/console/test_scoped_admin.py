"""What a person finds in the console: the rows of their own units, and no trace of any other."""

import csv
from datetime import UTC, date, datetime

import pytest
from django.contrib import admin
from django.core.exceptions import ImproperlyConfigured
from django.db.backends.postgresql.psycopg_any import DateRange, DateTimeTZRange

from common.console import ScopedAdmin
from common.models import Event, User
from crm.models import Assignment, BusinessCalendar, Customer, Hold, Interaction, OrgUnit
from surveys.models import ContactLedger
from tests.factories import crm as make

pytestmark = pytest.mark.urls("tests.console.urls")


@pytest.fixture(autouse=True)
def bare_frame(settings):
    settings.UNFOLD = {}  # the sidebar is about the real site: test_frame.py


@pytest.fixture
def as_(client):
    def sign_in(person):
        client.force_login(getattr(person, "user", person), backend="django.contrib.auth.backends.ModelBackend")
        return client

    return sign_in


def assign(employee, unit, role):
    since = DateTimeTZRange(datetime(2020, 1, 1, tzinfo=UTC), None)
    days = DateRange(date(2020, 1, 1), None)
    Assignment.objects.create(employee=employee, unit=unit, role=role, valid=days, recorded=since)


def page(client, path, **query):
    return client.get(f"/admin/{path}", query)


def hold(customer):
    return Hold.objects.create(customer=customer, kind="legal", since=datetime(2026, 11, 1, tzinfo=UTC))


# --- lists, counts, search -------------------------------------------------------------------------------------------


def test_a_branch_manager_finds_the_branchs_rows(world, as_):
    assert page(as_(world.helen), "crm/interaction/").context["cl"].result_count == 1


def test_a_manager_elsewhere_finds_an_empty_list(world, as_):
    answer = page(as_(world.elsa), "crm/interaction/")
    assert answer.context["cl"].result_count == 0
    assert world.interaction.external_id not in answer.content.decode()


def test_search_finds_nothing_elsewhere(world, as_):
    assert page(as_(world.elsa), "crm/customer/", q="Moreau").context["cl"].result_count == 0
    assert page(as_(world.helen), "crm/customer/", q="Moreau").context["cl"].result_count == 1


def test_rows_seen_through_another_follow_its_sight(world, as_):
    hold(world.ines)
    assert page(as_(world.olivia), "crm/hold/").context["cl"].result_count == 1
    assert page(as_(world.helen), "crm/hold/").status_code == 403  # a branch holds no such function


def test_filters_offer_only_units_in_sight(world, as_):
    body = page(as_(world.elsa), "crm/customer/").content.decode()
    assert "Station" in body
    assert "Harbour" not in body


def test_a_list_asks_as_many_questions_for_200_rows_as_for_10(world, as_, django_assert_max_num_queries, settings):
    client = as_(world.helen)
    counts = []
    for number in (9, 190):
        for _ in range(number):
            make.interaction(kind=world.visit, customer=world.ines, unit=world.harbour)
        with django_assert_max_num_queries(40) as asked:
            page(client, "crm/interaction/")
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_a_list_counts_no_further_than_needed_and_says_so(world, as_):
    answer = page(as_(world.olivia), "crm/orgunit/")
    assert answer.context["cl"].result_count == 3
    assert "more than 3 units; to see others than these, filter or search" in answer.content.decode()


def test_a_search_that_finds_more_than_is_counted_asks_for_another_word(world, as_):
    answer = page(as_(world.olivia), "crm/orgunit/", q="o")
    assert "more than 3 units match; add a word to see others than these" in answer.content.decode()


def test_a_nul_in_the_address_is_not_an_error_of_ours(world, as_):
    assert page(as_(world.helen), "crm/customer/", q="\x00", language="\x00").status_code == 400


# --- one row ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["change", "history"])
def test_a_row_elsewhere_is_not_there(world, as_, where):
    assert page(as_(world.elsa), f"crm/customer/{world.ines.pk}/{where}/").status_code == 404


@pytest.mark.parametrize("key", ["0", "abc", "99999999999999999999", "_00"])
def test_an_id_that_is_none_is_not_there(world, as_, key):
    assert as_(world.helen).get(f"/admin/crm/customer/{key}/change/").status_code == 404


def test_a_row_in_sight_without_the_function_can_be_read_only(world, as_):
    answer = page(as_(world.helen), f"crm/customer/{world.ines.pk}/change/")
    assert answer.status_code == 200
    assert not answer.context["has_change_permission"]


def test_a_post_without_the_function_changes_nothing(world, as_):
    answer = as_(world.helen).post(f"/admin/crm/customer/{world.ines.pk}/change/", {"given_name": "Mallory"})
    assert answer.status_code == 403
    assert Customer.objects.get(pk=world.ines.pk).given_name == "Ines"


def test_nothing_is_deleted_unless_declared(world, as_):
    assert as_(world.operator).post(f"/admin/crm/customer/{world.ines.pk}/delete/", {"post": "yes"}).status_code == 403
    assert Customer.objects.filter(pk=world.ines.pk).exists()


def test_a_read_only_admin_lets_not_even_the_operator_change(world, as_):
    answer = page(as_(world.operator), f"crm/interaction/{world.interaction.pk}/change/")
    assert not answer.context["has_change_permission"]
    assert page(as_(world.operator), "crm/interaction/add/").status_code == 403


def test_a_deactivated_person_is_out_with_the_next_request(world, as_):
    client = as_(world.helen)
    User.objects.filter(pk=world.helen.user.pk).update(is_active=False)
    assert page(client, "crm/customer/").status_code == 302


# --- choices ---------------------------------------------------------------------------------------------------------


def autocomplete(client, **fields):
    about = {"app_label": "crm", "model_name": "orgunit", "field_name": "calendar"}
    return client.get("/admin/autocomplete/", {**about, **fields})


def test_autocomplete_offers_only_what_is_in_sight(world, as_, rf):
    admin_ = ScopedAdmin(OrgUnit, admin.site)
    request = rf.get("/")
    request.user = world.elsa.user
    assert [unit.name for unit in admin_.get_queryset(request)] == ["Station"]
    assert autocomplete(as_(world.elsa), term="london").status_code == 403


def test_a_form_offers_and_accepts_only_customers_where_the_function_is_held(world, as_):
    elsewhere = make.customer(given_name="Bruno", unit=world.station)
    assign(world.rosa, world.north, "office")
    client = as_(world.rosa)
    body = page(client, "crm/hold/add/").content.decode()
    assert "Ines Moreau" in body
    assert "Bruno" not in body
    form = {"customer": elsewhere.pk, "kind": "legal", "why": "", "since_0": "2026-11-24", "since_1": "10:00"}
    assert "valid choice" in client.post("/admin/crm/hold/add/", form).content.decode()
    assert not Hold.objects.exists()


# --- export ----------------------------------------------------------------------------------------------------------


def export(client, path, *ids):
    answer = client.post(f"/admin/{path}", {"action": "export_csv", "_selected_action": ids})
    text = b"".join(answer.streaming_content).decode() if answer.streaming else ""
    return list(csv.reader(text.lstrip("\ufeff").splitlines()))


def test_an_export_holds_what_the_list_shows_and_leaves_a_trace(world, as_):
    rows = export(as_(world.helen), "crm/customer/", world.ines.pk)
    assert rows == [["given name", "family name", "unit", "language"], ["Ines", "Moreau", "Harbour", "en"]]
    event = Event.objects.get(what="console.exported")
    assert (event.by, event.data) == (world.helen.user, {"model": "crm.customer", "rows": 1, "format": "csv"})


def test_all_rows_of_a_list_are_taken_out_without_ticking_any(world, as_):
    office = as_(world.olivia)
    address = "/admin/crm/customer/"
    assert "All as CSV" in office.get(address).content.decode()
    said = {"action": "export_csv", "index": "0", "select_across": "1", "_selected_action": "0"}
    answer = office.post(address, said)
    assert (answer["Content-Type"].split(";")[0], b"Moreau" in b"".join(answer)) == ("text/csv", True)


def test_an_export_gives_no_row_from_elsewhere(world, as_):
    station = make.customer(given_name="Bruno", unit=world.station)
    rows = export(as_(world.elsa), "crm/customer/", world.ines.pk, station.pk)
    assert [row[0] for row in rows[1:]] == ["Bruno"]


# --- the trail -------------------------------------------------------------------------------------------------------


def test_the_history_of_a_row_is_its_events(world, as_):
    Event.objects.record("customer.merged", subject=world.ines, by=world.olivia.user, into=7)
    body = page(as_(world.helen), f"crm/customer/{world.ines.pk}/history/").content.decode()
    assert "customer.merged" in body
    assert "olivia" in body


def test_the_history_of_a_tracked_row_shows_what_its_fields_were(world, as_):
    OrgUnit.objects.filter(pk=world.harbour.pk).update(name="Old Harbour")
    body = page(as_(world.helen), f"crm/orgunit/{world.harbour.pk}/history/").content.decode()
    assert "Harbour → Old Harbour" in body


def test_an_edit_in_the_console_leaves_an_event_without_values(world, as_):
    form = {"code": "london", "name": "Londres", "week": '{"monday": [["09:00", "17:00"]]}', "country": "GB",
            "subdivision": "ENG", "closed_days": "[]"}  # fmt: skip
    assert as_(world.operator).post(f"/admin/crm/businesscalendar/{world.calendar.pk}/change/", form).status_code == 302
    event = Event.objects.get(what="console.changed")
    assert event.by == world.operator
    assert {"Name", "Week"} <= set(event.data["fields"]) <= {"Name", "Week", "Closed days"}


def test_the_trail_shows_events_of_rows_in_sight_only(world, as_):
    station = make.customer(given_name="Bruno", unit=world.station)
    for subject in (world.ines, station, world.calendar):
        Event.objects.record("thing.happened", subject=subject)
    assign(world.elsa, world.station, "auditor")
    found = page(as_(world.elsa), "common/event/").context["cl"].result_list
    assert {event.subject_id + event.subject_kind for event in found} == {
        f"{station.pk}crm.customer",
        f"{world.calendar.pk}crm.businesscalendar",
    }
    assert page(as_(world.olivia), "common/event/").context["cl"].result_count == 3


# --- declarations ----------------------------------------------------------------------------------------------------


def test_an_admin_must_say_who_sees_its_rows():
    with pytest.raises(ImproperlyConfigured, match="who may see it"):
        ScopedAdmin(ContactLedger, admin.site)


def test_an_admin_may_not_use_raw_ids():
    with pytest.raises(ImproperlyConfigured, match="raw ids"):
        type("RawAdmin", (ScopedAdmin,), {"raw_id_fields": ("customer",)})(Interaction, admin.site)


# --- people ----------------------------------------------------------------------------------------------------------


def test_only_the_operator_sees_who_signs_in(world, as_):
    assert page(as_(world.operator), "common/user/").status_code == 200
    assert page(as_(world.olivia), "common/user/").status_code == 403


# --- what the whole company shares -----------------------------------------------------------------------------------


def test_an_office_of_one_branch_changes_nothing_that_the_whole_company_shares(world):
    assign(world.elsa, world.station, "office")
    assert world.elsa.user.has_perm("crm.change_businesscalendar")
    assert not world.elsa.user.has_perm("crm.change_businesscalendar", BusinessCalendar)
    assert world.olivia.user.has_perm("crm.change_businesscalendar", BusinessCalendar)


@pytest.mark.urls("nps_project.urls")
def test_a_company_wide_form_opens_for_reading_only_below_the_top(world, as_):
    assign(world.elsa, world.station, "office")
    path = f"crm/businesscalendar/{world.calendar.pk}/change/"
    assert 'name="_save"' in page(as_(world.olivia), path).content.decode()
    assert 'name="_save"' not in page(as_(world.elsa), path).content.decode()
    assert page(as_(world.elsa), "crm/businesscalendar/add/").status_code == 403


def test_the_kinds_of_row_of_which_events_tell_are_found_whatever_the_number_of_events(
    world, django_assert_num_queries
):
    assert Event.objects.kinds() == []
    for subject in (world.ines, world.interaction, world.ines, world.harbour):
        Event.objects.record("row.seen", subject=subject)
    with django_assert_num_queries(1):
        assert Event.objects.kinds() == ["crm.customer", "crm.interaction", "crm.orgunit"]
