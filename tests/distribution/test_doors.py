"""The landing page, the sign-in and the frame of every staff page."""

from datetime import timedelta

import pytest
from django.test import Client
from django.urls import reverse

from distribution.models import SignInAttempt
from distribution.services.limiting import TooManyAttemptsError, begin_attempt
from distribution.templatetags.staff import who_is
from tests.world import NOW

PASSWORD = "correct horse battery"


def sign_in(client, password=PASSWORD, **extra):
    return client.post("/login/", {"username": "helen", "password": password, **extra})


def test_the_landing_page_costs_a_visitor_no_query(db, client, django_assert_num_queries):
    with django_assert_num_queries(0):
        page = client.get("/")
    assert "Know every customer" in page.text
    assert "Net Promoter System" in page.text


def test_logins_are_shown_by_a_demo_only(client, settings):
    settings.DEMO_LOGINS = {"digest": {"User": "helen.harbour"}}
    assert "helen.harbour" not in client.get("/").text
    settings.DEMO = True
    assert "helen.harbour" in client.get("/").text


def test_the_frame_names_the_person_and_the_doors_in_one_query(world, django_assert_num_queries):
    with django_assert_num_queries(1):
        who = who_is(world.rosa.user, "/region/")
    assert (who.name, who.role) == ("Rosa", "regional manager")
    doors = ["Today", "Alerts", "Stream", "Work list", "Huddle", "Insights", "Library", "Region", "Console"]
    assert [d.name for d in who.doors] == doors
    assert [d.name for d in who.doors if d.current] == ["Region"]


def test_a_branch_manager_has_no_region(world):
    assert "Region" not in [d.name for d in who_is(world.helen.user, "/").doors]


def test_signing_in_leads_to_today_and_out_by_post_only(world, client):
    assert sign_in(client).url == "/digest/"
    assert "Helen, branch manager" in client.get("/").text
    assert client.get("/logout/").status_code == 405
    assert client.post("/logout/").status_code == 302
    assert "Helen" not in client.get("/").text


def test_signing_in_never_leads_off_the_site(world, client):
    assert sign_in(client, next="https://elsewhere.example/").url == "/digest/"


def test_the_console_has_no_sign_in_of_its_own(client):
    assert client.get("/admin/login/?next=/admin/crm/").url == "/login/?next=/admin/crm/"


def test_a_wrong_password_is_said_plainly_and_signs_nobody_in(world, client):
    page = sign_in(client, "wrong")
    assert page.status_code == 422
    assert "The user name or the password is not right" in page.text
    assert "_auth_user_id" not in client.session


def test_after_five_failures_even_the_right_password_must_wait_a_minute(world, client):
    for _ in range(5):
        sign_in(client, "wrong")
    page = sign_in(client)
    assert "Wait a minute" in page.text
    assert "_auth_user_id" not in client.session


def test_the_limit_is_per_account_and_address(world, client):
    for _ in range(5):
        sign_in(client, "wrong")
    assert client.post("/login/", {"username": "jonas", "password": PASSWORD}).status_code == 302


def test_a_refused_try_does_not_keep_the_door_shut(db):
    for second in range(5):
        begin_attempt(account="helen", address="::1", at=NOW + timedelta(seconds=second))
    with pytest.raises(TooManyAttemptsError):
        begin_attempt(account="Helen ", address="::1", at=NOW + timedelta(seconds=30))
    begin_attempt(account="helen", address="::1", at=NOW + timedelta(seconds=61))


def test_a_successful_sign_in_forgives_what_failed_before(world, client):
    sign_in(client, "wrong")
    sign_in(client)
    assert not SignInAttempt.objects.exists()


def test_control_characters_in_a_user_name_are_no_server_error(db, client):
    assert client.post("/login/", {"username": "he\x00len", "password": "x"}).status_code == 422


def test_an_unknown_address_has_our_own_page(client, db):
    page = client.get("/nothing/here/")
    assert page.status_code == 404
    assert "There is nothing at this address" in page.text


def test_an_expired_form_says_so(db):
    page = Client(enforce_csrf_checks=True).post(reverse("login"), {})
    assert page.status_code == 403
    assert "its form expired" in page.text
