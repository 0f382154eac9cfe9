"""Lists over tables that grow: found by index, counted to a limit, the newest rows where a filter has no index."""

import re
from datetime import UTC, datetime

import pytest
from django.contrib import admin
from django.db import connection
from django.db.models import F
from django.db.models.functions import Lower

from common import long_lists
from common.long_lists import LongPaginator, found_by_index, indexed, sorted_when_found
from common.models import Event
from crm.models import Acquisition, Customer, Interaction, OrgUnit
from surveys.models import Decision
from tests.factories import crm as make
from tests.world import NOW

NAMES = ["external_id__exact", "given_name__istartswith", "family_name__istartswith"]


class ThreeAtMost(LongPaginator):
    at_most = 3


@pytest.fixture
def in_console(client, world):
    client.force_login(world.operator, backend="django.contrib.auth.backends.ModelBackend")
    return lambda path, **query: client.get(f"/admin/{path}/", query)


def customers(world, *names):
    return [make.customer(given_name=first, family_name=last, unit=world.harbour) for first, last in names]


def test_exactly_as_many_rows_as_are_counted_are_all_of_them(world):
    customers(world, ("Ada", "Byron"), ("Ada", "King"))
    pages = ThreeAtMost(Customer.objects.order_by("-pk"), 2)
    assert (pages.count, pages.capped, pages.num_pages) == (3, False, 2)


def test_one_row_more_than_are_counted_is_not_listed(world):
    customers(world, ("Ada", "Byron"), ("Ada", "King"), ("Ada", "Noel"))
    pages = ThreeAtMost(Customer.objects.order_by("-pk"), 2)
    assert (pages.count, pages.capped, pages.num_pages) == (3, True, 2)


def test_a_few_rows_are_sorted_after_they_were_found_and_come_in_the_same_order(world):
    customers(world, ("Ada", "Byron"), ("Ada", "King"))
    rows = Customer.objects.order_by("-given_name", "pk")
    assert list(sorted_when_found(rows)) == list(rows)
    assert "COALESCE" in str(sorted_when_found(rows).query)


def test_each_word_of_a_search_stands_in_one_of_the_fields(world):
    byron, king, _ = customers(world, ("Ada", "Byron"), ("Ada", "King"), ("Ines", "King"))
    assert list(found_by_index(Customer.objects.order_by("pk"), NAMES, "ad")) == [byron, king]
    assert list(found_by_index(Customer.objects.all(), NAMES, "ada kin")) == [king]
    assert list(found_by_index(Customer.objects.all(), NAMES, "ada moreau")) == []


def test_a_word_that_nobody_has_ends_the_search(world, django_assert_num_queries):
    customers(world, ("Ada", "Byron"))
    with django_assert_num_queries(6):  # each word in each field
        assert not found_by_index(Customer.objects.all(), NAMES, "ada nobody")


def test_of_common_words_only_the_fields_that_have_them_are_searched(world, django_assert_num_queries):
    customers(world, *[("Ada", "Byron")] * 3)
    with django_assert_num_queries(9) as asked:  # each word in each field, then at once
        found_by_index(Customer.objects.all(), [*NAMES, "contact_points__normalized__exact"], "ada byron", at_most=2)
    last = asked.captured_queries[-1]["sql"]
    assert ("contactpoint" in last, "UNION" in last, "external_id" in last) == (False, False, False)


def test_a_search_finds_only_among_the_rows_in_sight(world):
    customers(world, ("Ada", "Byron"))
    assert list(found_by_index(Customer.objects.filter(unit=world.station), NAMES, "ada")) == []


@pytest.mark.parametrize("words", ["lambert ada", "ada lambert", "a l", "lambert"])
def test_rows_in_sight_are_found_however_many_others_have_each_word(world, words):
    customers(world, *[("Ada", f"Lambert{n}") for n in range(5)], ("Ada", "Byron"), ("Ines", "Lambert"))
    hers = make.customer(given_name="Ada", family_name="Lambert", unit=world.station)
    assert list(found_by_index(Customer.objects.filter(unit=world.station), NAMES, words, at_most=2)) == [hers]


def test_rows_that_one_rare_word_has_are_found_whatever_the_other_words_are(world):
    customers(world, *[("Ada", "Byron")] * 5)
    (rare,) = customers(world, ("Ada", "Moreau"))
    assert list(found_by_index(Customer.objects.all(), NAMES, "ada moreau a m mo mor more", at_most=2)) == [rare]


def test_a_search_that_finds_more_than_are_counted_leads_to_one_row_more(world):
    customers(world, *[("Ada", "Byron")] * 5)
    assert len(found_by_index(Customer.objects.all(), NAMES, "ada byron", at_most=2)) == 3


def test_a_few_rows_are_sorted_by_expressions_too(world):
    customers(world, ("Ada", "Byron"), ("Ada", "King"))
    rows = Customer.objects.order_by(F("given_name").desc(nulls_last=True), Lower("family_name"), "pk")
    assert list(sorted_when_found(rows)) == list(rows)
    assert str(sorted_when_found(rows).query).count("COALESCE") == 3


def test_a_word_that_no_field_can_hold_finds_nothing(world):
    assert list(found_by_index(Interaction.objects.all(), ["customer__id__exact"], "no-number")) == []


OWN = [  # fields of the table itself; those of customers are one and the same
    (model, lookup)
    for model, owner in admin.site._registry.items()
    for lookup in (owner.search_fields if getattr(owner, "grows", False) else ())
    if lookup.count("__") == 1
]
UNSERVED = {(Event, "what__startswith")}  # a beginning needs an order by letters alone, which the index of names lacks


@pytest.mark.parametrize(("model", "lookup"), [pair for pair in OWN if pair not in UNSERVED])
def test_each_field_that_is_searched_has_its_index(model, lookup, db):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        assert "Seq Scan" not in model._base_manager.filter(**{lookup: "1" * 32}).order_by().explain()


@pytest.mark.parametrize(
    ("model", "field", "found"),
    [(Decision, "unit", True), (Decision, "reason", False), (Interaction, "occurred_at", True), (Customer, "x", False)],
)
def test_a_filter_knows_whether_an_index_serves_it(model, field, found):
    assert indexed(model, field) is found


def test_a_filter_without_an_index_looks_at_the_newest_rows_and_says_so(in_console, world):
    newest = make.customer(unit=world.harbour, language="en")
    make.customer(pk=newest.pk + long_lists.NEWEST, unit=world.harbour, language="en")
    page = in_console("crm/customer", language="en")
    assert page.context["cl"].result_count == 1
    assert "1 customer among the newest" in page.content.decode()


def test_a_filter_by_unit_looks_at_all_rows_of_it(in_console, world):
    newest = make.customer(unit=world.harbour, language="en")
    make.customer(pk=newest.pk + long_lists.NEWEST, unit=world.harbour, language="en")
    page = in_console("crm/customer", language="en", unit__id__exact=world.harbour.pk)
    assert page.context["cl"].result_count == 3
    assert "among the newest" not in page.content.decode()


def test_a_filter_by_time_lists_the_latest_of_that_time_first(in_console, world):
    early = make.interaction(kind=world.visit, customer=world.ines, unit=world.harbour, occurred_at="2026-01-02T10:00Z")
    late = make.interaction(kind=world.visit, customer=world.ines, unit=world.harbour, occurred_at="2026-01-03T10:00Z")
    Interaction.objects.filter(pk=late.pk).update(occurred_at="2026-01-01T10:00Z")  # known later, happened earlier
    chosen = {"occurred_at_to_0": "2026-02-01", "occurred_at_to_1": "00:00:00"}
    page = in_console("crm/interaction", **chosen)
    assert [row.pk for row in page.context["cl"].result_list] == [early.pk, late.pk]


@pytest.mark.parametrize(("day", "listed"), [("2026-11-23", 1), ("2026-11-23T00:00:01", 0), ("0001-01-01", 1)])
def test_a_day_without_an_offset_is_on_the_clock_of_the_page(in_console, world, day, listed):
    Event.objects.record("midnight.struck", subject=world.ines, at=datetime(2026, 11, 23, tzinfo=UTC))
    page = in_console("common/event", at__gte=day, what="midnight.struck")
    assert page.status_code == 200
    assert page.content.decode().count("midnight.struck</") == listed


def test_a_long_list_offers_no_order_that_no_index_gives(in_console, world):
    make.customer(unit=world.harbour)
    assert in_console("crm/customer").context["cl"].sortable_by == ()


def test_a_filter_by_a_related_row_writes_its_options_at_once(in_console, world):
    world.mill.name = 'Mill "<b>'
    world.mill.save()
    page = in_console("crm/customer", unit__id__exact=world.mill.pk).content.decode()
    (select,) = re.findall(r'<select name="unit__id__exact".*?</select>', page, re.DOTALL)
    units = OrgUnit.objects.order_by("name", "pk")
    assert re.findall(r'value="(\d*)"', select) == ["", *(str(unit.pk) for unit in units)]
    assert re.findall(r"<option.*selected.*", select) == [
        f'<option value="{world.mill.pk}" selected>Mill &quot;&lt;b&gt;</option>'
    ]


@pytest.mark.parametrize("name", ["olivia", "rosa", "helen", "jonas", "elsa"])
def test_what_is_listed_to_a_person_is_what_is_visible_to_them(world, name):
    user = getattr(world, name).user
    whole = make.customer(unit=world.harbour)
    twin = make.customer(canonical=whole)
    make.interaction(kind=world.visit, customer=twin, unit=world.station)
    for customer in (world.ines, whole, twin, make.customer(unit=world.mill)):
        Acquisition.objects.create(
            source="crm", external_id=f"a-{customer.pk}", customer=customer, acquired_on="2026-01-02", as_of=NOW
        )
    for model in (Customer, Interaction, Acquisition):
        listed, visible = model.objects.listed_to(user), model.objects.visible_to(user)
        assert set(listed.values_list("pk", flat=True)) == set(visible.values_list("pk", flat=True))


def test_a_merged_customer_is_listed_to_who_served_the_other_row(world):
    whole = make.customer(unit=world.harbour)
    Customer.objects.filter(pk=world.ines.pk).update(canonical=whole)
    make.interaction(kind=world.visit, customer=world.ines, unit=world.station)
    assert whole in Customer.objects.listed_to(world.elsa.user)
    assert set(Customer.objects.listed_to(world.elsa.user)) == set(Customer.objects.visible_to(world.elsa.user))
