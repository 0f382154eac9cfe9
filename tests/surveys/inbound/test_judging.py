"""What a mail that came back is, and what follows from it (RELIABILITY R-06)."""

import json
from base64 import encodebytes
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from time import process_time

import pytest
from django.db import connection, transaction

from common.models import Event, Trial
from crm.models import Consent, ContactPoint, Suppression
from surveys.inbound.bounces import bounce_of
from surveys.inbound.letters import opened, text_of
from surveys.inbound.replies import reply_of
from surveys.models import InboundMail, Invitation, MailHour, Message, Response
from surveys.models.dispositions import with_disposition
from surveys.services.answering import record_score
from surveys.services.inbound.judging import hear
from surveys.services.inbound.receiving import receive_mail
from surveys.services.inbound.replying import add_to_comment
from surveys.services.inbound.return_addresses import Purpose, return_address
from tests.factories import crm as make_crm
from tests.factories import surveys as make
from tests.surveys.inbound.mails import bounce_address, complaint, delivery_report, heard, written
from tests.surveys.test_two_dispatchers import until, waits
from tests.world import NOW, build_world

BOUNCES = Path(__file__).resolve().parents[4] / "shared" / "data" / "bounces_flufl"


def reasons() -> list[str]:
    return list(Suppression.objects.values_list("reason", flat=True))


def nothing_happened() -> bool:
    kinds = (Suppression, Consent, Response, MailHour)
    return not any(kind.objects.exists() for kind in kinds) and Message.objects.get().state == "handed_off"


def test_a_genuine_bounce_gives_the_address_up(message):
    row = heard(delivery_report(bounce_address(message)))
    assert (row.verdict, row.status, row.invitation, row.message) == ("bounce", "5.1.1", message.invitation, message)
    assert row.why == "Nobody is reached at the address any more. The address is suppressed."
    assert reasons() == ["bounced"]
    assert ContactPoint.objects.get(channel="email").unusable_since == NOW
    assert MailHour.objects.values_list("bounced", "hour").get() == (1, NOW)
    (event,) = Event.objects.filter(what="mail.bounced")
    assert event.data == {"status": "5.1.1", "invitation": message.invitation_id, "message": message.pk}


def test_the_envelope_may_name_the_return_path_where_no_header_does(message):
    assert heard(delivery_report("nobody@back.example"), recipient=bounce_address(message)).verdict == "bounce"


def test_a_report_to_a_bare_mailbox_is_known_by_the_headers_it_brings_along(message):
    about = f"Reply-To: {return_address(Purpose.REPLY, message)}"
    assert heard(delivery_report("bounces@back.example", about=about)).verdict == "bounce"
    assert reasons() == ["bounced"]


@pytest.mark.parametrize("filler", ["\n", "x\n\n", "Status: 5.1.1, by no means\n\n"])
@pytest.mark.parametrize("encoding", ["7bit", "base64"])
@pytest.mark.parametrize("kind", ["message/delivery-status", "text/plain"])
def test_a_report_of_nothing_but_short_lines_keeps_no_other_from_being_heard(message, filler, encoding, kind):
    blocks = filler * (250_000 // len(filler))
    said = blocks if encoding == "7bit" else encodebytes(blocks.encode()).decode()
    head, tail = delivery_report(bounce_address(message)).decode().split("Content-Type: message/delivery-status\n\n")
    part = f"Content-Type: {kind}\nContent-Transfer-Encoding: {encoding}\n\n{said}"
    started = process_time()
    heard((head + part + tail).encode())
    assert process_time() - started < 3  # seconds of the processor; it took 11


@pytest.mark.parametrize("status", ["5.7.1", "5.7.26", "5.4.4", "5.1.8"])
def test_a_refusal_that_is_not_about_the_address_leaves_it_in_use(message, status):
    row = heard(delivery_report(bounce_address(message), status=status))
    assert (row.verdict, row.status) == ("refused", status)
    assert nothing_happened()


def test_the_third_mail_that_bounces_for_now_within_30_days_gives_the_address_up(message, world):
    mails = [message]
    for _ in range(3):
        visit = make_crm.interaction(kind=world.visit, customer=world.ines, unit=world.harbour)
        asked = make.invitation(interaction=visit, version=message.invitation.version)
        mails.append(make.message(invitation=asked, state="handed_off", handed_off_at=NOW))
    for mail, days in zip(mails, (0, 31, 40, 60), strict=True):
        for _ in range(2):  # two servers say so of the same mail
            assert reasons() == []
            at = NOW + timedelta(days=days)
            row = heard(delivery_report(bounce_address(mail), status="4.2.2"), at=at)
            assert row.verdict == "soft_bounce"
            if days == 60:
                break
    assert reasons() == ["bounced"]
    assert row.why == "It could not be delivered for now. For the third time within 30 days. The address is suppressed."


def test_a_notice_of_delay_says_nothing_of_the_mail_which_is_still_on_its_way(message):
    for hours in (4, 24, 48):
        notice = delivery_report(bounce_address(message), status="4.4.1", action="delayed")
        row = heard(notice, at=NOW + timedelta(hours=hours))
        assert (row.verdict, row.status, row.message) == ("delayed", "4.4.1", message)
        assert row.why == "A notice of delay: the server still tries to deliver it."
    assert nothing_happened()
    after = message.invitation.expires_at
    became = with_disposition(Invitation.objects.all(), at=after).values_list("disposition", flat=True)
    assert became.get() == "silent"  # it is nobody's bounce
    heard(delivery_report(bounce_address(message), status="4.4.7"), at=NOW + timedelta(days=5))
    assert became.get() == "bounced"


def forged(message: Message) -> str:
    address = bounce_address(message)
    return address.replace(address[20:26], "aaaaaa")


@pytest.mark.parametrize(
    ("to", "verdict"),
    [
        (forged, "forged"),
        (lambda message: f"bounce+{'a' * 53}@back.example", "forged"),
        (lambda message: "bounces@back.example", "forged"),
    ],
)
@pytest.mark.parametrize("make_mail", [delivery_report, complaint])
def test_what_we_did_not_sign_has_no_effect(message, to, verdict, make_mail):
    about = f"X-NPS-Invitation: {message.invitation.public_id}"  # everybody who gets a mail can read it
    row = heard(make_mail(to(message), about=about))
    assert (row.verdict, row.invitation) == (verdict, None)
    assert nothing_happened()


def test_the_same_mail_twice_is_one_row_and_counts_once(message):
    raw = delivery_report(bounce_address(message))
    assert [receive_mail(raw=raw, source="pipe", at=NOW) for _ in range(3)] == [True, False, False]
    hear(at=NOW)
    assert receive_mail(raw=raw, source="pipe", at=NOW + timedelta(days=1)) is False
    assert heard(delivery_report(bounce_address(message))).verdict == "bounce"  # a second report of the same
    assert (InboundMail.objects.count(), MailHour.objects.get().bounced, len(reasons())) == (2, 1, 1)


def test_of_ten_megabytes_only_the_beginning_is_kept_and_judged(message, settings):
    raw = delivery_report(bounce_address(message)) + b"x" * 10_000_000
    row = heard(raw)
    assert (len(row.raw), row.size, row.verdict) == (settings.INBOUND_MAX_BYTES, len(raw), "bounce")


def test_a_report_about_a_message_not_stored_yet_is_looked_at_again_and_given_up_after_an_hour(message):
    raw, known = delivery_report(bounce_address(message)), message.invitation
    Message.objects.all().delete()
    type(known).objects.filter(pk=known.pk).update(public_id="00000000-0000-4000-8000-000000000000")
    row = heard(raw)
    assert (row.verdict, row.judged_at, row.due_at) == ("", None, NOW + timedelta(minutes=5))
    assert hear(at=NOW + timedelta(minutes=4)) == 0
    known.save(update_fields=["public_id"])  # our commit
    make.message(invitation=known, state="handed_off", handed_off_at=NOW)
    assert hear(at=NOW + timedelta(minutes=5)) == 1
    row.refresh_from_db()
    assert row.verdict == "bounce"
    assert not Trial.objects.exists()
    late = InboundMail.objects.create(
        key="late", source="pipe", raw=raw, size=1, received_at=NOW - timedelta(hours=2), due_at=NOW
    )
    type(known).objects.filter(pk=known.pk).update(public_id="00000000-0000-4000-8000-000000000000")
    hear(at=NOW)
    late.refresh_from_db()
    assert late.verdict == "unknown"


@pytest.mark.parametrize("address", [Purpose.REPLY, Purpose.BOUNCE])
@pytest.mark.parametrize(
    ("verdict", "headers"),
    [
        ("auto_reply", {"Auto_Submitted": "auto-replied (vacation)"}),
        ("auto_reply", {"X_Autoreply": "yes"}),
        ("auto_reply", {"subject": "Automatic reply: One short question"}),
        ("auto_reply", {"subject": "Réponse automatique : absence"}),
        ("challenge", {"subject": "Your message requires verification #12"}),
        ("challenge", {"X_BoxTrapper": "12"}),
        ("bulk", {"Precedence": "bulk"}),
        ("bulk", {"List_Id": "<news.example.org>"}),
    ],
)
def test_what_a_machine_wrote_is_dropped(message, address, verdict, headers):
    row = heard(written(return_address(address, message), "10 I am away until Monday.", **headers))
    assert (row.verdict, row.text, row.suggested_score) == (verdict, "", None)
    assert nothing_happened()


def test_a_complaint_suppresses_every_address_of_the_customer_for_all_surveys(message, world):
    ContactPoint.objects.create(
        customer=world.ines, channel="email", address="i@x.org", normalized="i@x.org", address_hash="other"
    )
    reminder = make.message(invitation=message.invitation, kind="reminder")
    about = f"List-Unsubscribe: <https://x/u/1/>,<mailto:{return_address(Purpose.STOP, message)}>"
    row = heard(complaint("feedback-loop@back.example", about=about))
    assert row.verdict == "complaint"
    assert reasons() == ["complained", "complained"]
    assert Consent.objects.values_list("purpose", "granted").get() == ("survey", False)
    reminder.refresh_from_db()
    assert (reminder.state, MailHour.objects.get().complained) == ("cancelled", 1)
    assert heard(complaint("x@back.example", about=about, kind="not-spam")).verdict != "complaint"


@pytest.mark.parametrize("text", ["", "please", "unsubscribe"])
def test_a_mail_to_the_unsubscribe_address_unsubscribes(message, text):
    row = heard(written(return_address(Purpose.STOP, message), text, subject="unsubscribe", Precedence="bulk"))
    assert (row.verdict, reasons()) == ("unsubscribe", ["unsubscribed"])
    assert not Consent.objects.get().granted


@pytest.mark.parametrize("words", ["Unsubscribe", "STOP.", "désabonnez-moi"])
def test_a_reply_that_is_nothing_but_a_wish_to_be_left_alone_is_one(message, words):
    assert heard(written(return_address(Purpose.REPLY, message), words)).verdict == "unsubscribe"
    assert not Response.objects.exists()


QUOTED = "\n\nOn Tue, 24 Nov 2026 at 10:00, Your company <feedback@care.example> wrote:\n> How likely?\n> 0 1 2\n"


def test_a_reply_begins_the_answer_with_words_and_never_scores_it(message):
    reminder = make.message(invitation=message.invitation, kind="reminder")
    row = heard(written(return_address(Purpose.REPLY, message), "9 - Jonas was very kind.\nThank you!" + QUOTED))
    assert (row.verdict, row.text, row.suggested_score) == ("reply", "9 - Jonas was very kind.\nThank you!", 9)
    response = Response.objects.get()
    assert (response.score, response.category, response.comment) == (None, "", row.text)
    assert (response.status, response.channel, response.invitation) == ("partial", "reply", message.invitation)
    reminder.refresh_from_db()
    assert (reminder.state, reminder.reply) == ("cancelled", "the customer has replied by mail")
    assert not Event.objects.filter(what="response.scored").exists()


def test_a_reply_to_a_survey_that_was_answered_is_added_to_the_comment_and_suggests_nothing(message):
    record_score(invitation=message.invitation, score=7, at=NOW)
    for words in ("6 times I called.", "And nobody came."):
        row = heard(written(return_address(Purpose.REPLY, message), words))
        assert row.suggested_score is None
    response = Response.objects.get()
    assert (response.score, response.comment) == (7, "6 times I called.\n\nAnd nobody came.")


def test_a_reply_that_comes_too_late_is_kept_with_the_mail_alone(message):
    later = message.invitation.expires_at
    row = heard(written(return_address(Purpose.REPLY, message), "10 Sorry, I was away."), at=later)
    assert (row.text, row.suggested_score) == ("10 Sorry, I was away.", None)
    assert "Kept here only: The invitation has expired." in row.why
    assert not Response.objects.exists()


def test_a_mail_to_nobody_we_know_is_kept_and_does_nothing(message):
    assert heard(written("hello@back.example", "10")).verdict == "unknown"
    assert nothing_happened()


RUBBISH = [
    b"",
    b"\0" * 50,
    b"To: \xff\xfe\n\n",
    b"Content-Type: multipart/report; boundary=\n\n--",
    b"From: MAILER-DAEMON\n\n",
    b"Content-Type: message/rfc822\n\n" * 2_000,  # a mail in a mail in a mail
    b"To: " + b"(" * 50_000 + b"\n\n",
    b"Content-Type: text/plain; charset=idna\n\n\xff\xfe",
    b"Content-Type: text/html\n\n" + b"<style " * 30_000,
    b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: text/plain; charset=idna\n\n\xff\xfe\n--b--",
]


@pytest.mark.parametrize("raw", RUBBISH, ids=lambda raw: raw[:40])
def test_rubbish_is_kept_and_does_nothing(message, raw):
    row = heard(raw, recipient=bounce_address(message))
    assert row.verdict in {"unclear", "forged", "unknown"}
    assert nothing_happened()


@pytest.mark.parametrize("unit", ["\n", "On ", "> \n", "From: a\n", "<style ", "<br "])
def test_the_time_to_read_a_reply_grows_with_its_length_only(unit):
    page = f"9 <p>well</p>{(unit * 60_000)[:200_000]}"  # a pattern that backtracks would take minutes
    assert reply_of(page).score == 9
    mail = opened(b"Content-Type: text/html\n\n" + page.encode())
    assert text_of(mail).startswith("9 well")


def test_what_was_quoted_is_dropped_from_html_with_quotes_within_quotes():
    quoted = "<blockquote>a<BLOCKQUOTE class=x>b</blockquote>c</blockquote>"
    mail = opened(f"Content-Type: text/html\n\n<head><style>p</style></head>Fine{quoted}, thanks<style>d".encode())
    assert text_of(mail) == "Fine, thanksd"


def test_long_lines_of_a_reply_are_kept_as_they_are():
    line = "very well served " * 100
    assert reply_of(f"{line}\nAda\n\nOn Monday, Shop wrote:\n> hello").words == f"{line.strip()}\nAda"


@pytest.mark.django_db(transaction=True)
def test_of_two_replies_that_are_judged_at_the_same_instant_both_are_kept():
    invitation = make.invitation(interaction=build_world().interaction, version=make.version())
    add_to_comment(invitation=invitation, words="First.", at=NOW)

    def add(words):
        try:
            add_to_comment(invitation=invitation, words=words, at=NOW)
        finally:
            connection.close()

    with ThreadPoolExecutor() as pool:
        with transaction.atomic():
            add_to_comment(invitation=invitation, words="Second.", at=NOW)
            other = pool.submit(add, "Third.")
            until(lambda: waits("transactionid", "tuple"))
        other.result()
    assert Response.objects.get().comment == "First.\n\nSecond.\n\nThird."


@pytest.mark.shared
@pytest.mark.skipif(not BOUNCES.exists(), reason="../shared/data/bounces_flufl is not here")
def test_every_expectation_of_flufl_bounce_is_met():
    """116 expectations about 115 messages of forty years of mail servers: who was not reached, and whether for good."""
    expected = json.loads((BOUNCES / "expected.json").read_text())
    files = {case["file"]: bounce_of(opened((BOUNCES / "messages" / case["file"]).read_bytes())) for case in expected}
    assert (len(expected), len(files)) == (116, 115)
    wrong = []
    for case in expected:
        found = files[case["file"]]
        same = found and (found.addresses, found.temporary) == (frozenset(case["addresses"]), case["temporary"])
        if case["addresses"] and not same:
            wrong.append((case, found))
    assert wrong == []
    none = {case["file"] for case in expected if not case["addresses"]}
    told_by_another = {case["file"] for case in expected if case["addresses"]} | {"simple_42.txt"}
    assert [name for name in none - told_by_another if files[name]] == []
