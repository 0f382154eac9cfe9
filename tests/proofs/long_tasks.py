"""RELIABILITY R-12, R-14: tasks that last longer than the queue's patience (`retry`, here 3 s) are given out once more
while the first worker is still at it; two clusters and two timetables run at once. Every side effect happens once: a
mail, a ticket, a decision. The row decides who does it, not the queue.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from contextlib import ExitStack
from pathlib import Path

from django_q.tasks import async_task

from closedloop.models import CustomerSignal, Ticket
from common import timetable
from distribution.models import Dispatch
from nps_project.timetable import TIMETABLE
from surveys.models import Decision, Message
from surveys.services.ledgers import check_identities
from tests.faults import processes
from tests.faults.comparing import compare
from tests.faults.ledger import Ledger
from tests.faults.plans import calm
from tests.faults.post_office import PostOffice, open_post_office
from tests.proofs.company import ALWAYS, found
from tests.proofs.record import proof, scaled

SEED = 20261122  # nothing is drawn; kept for the form
CUSTOMERS, COMPLAINTS, TASKS = 200, 50, 6
TAKES = 0.2  # seconds, the post office for each mail
CLUSTERS = 2
GIVEN_OUT = re.compile(r"processing ([\w-]+) '")  # django-q2's own word, with the name of the task
IMPATIENT = """
import django
from nps_project import settings
settings.Q_CLUSTER |= {"retry": 3, "timeout": 60}
settings.LOGGING["loggers"]["django-q"]["level"] = "INFO"
django.setup()
from django_q.cluster import Cluster
cluster = Cluster()
cluster.start()
cluster.sentinel.join()
"""
PROMISES = ["every_mail_once", "every_ticket_once", "every_decision_once", "given_out_again"]


def done(customers: int, complaints: int) -> bool:
    """Everything has left."""
    gone = Message.objects.filter(state="handed_off").count() == customers
    return gone and Dispatch.objects.filter(state="handed_off").count() == complaints


def main() -> None:
    customers, complaints = scaled(CUSTOMERS), scaled(COMPLAINTS)
    company = found()
    timetable.write(TIMETABLE)
    with (
        proof("long_tasks", seed=SEED, promises=PROMISES) as figures,
        tempfile.TemporaryDirectory() as folder,
        ExitStack() as stack,
    ):
        ledger = Ledger(Path(folder) / "mails.jsonl")
        office = stack.enter_context(open_post_office(PostOffice(calm, ledger, TAKES)))
        company.visits(company.customers(customers))
        company.complaints(company.customers(complaints))
        log = Path(folder) / "workers.log"
        environment = ALWAYS | {"SHOPKEEPER_EMAIL_URL": f"smtp://127.0.0.1:{office.port}"}
        for _ in range(CLUSTERS):
            stack.enter_context(processes.running("-c", IMPATIENT, log=log, environment=environment))
        processes.until(lambda: Message.objects.count() == customers, seconds=120, what="the questions")
        for _ in range(TASKS):
            async_task("surveys.tasks.dispatch", save=False)
        processes.until(lambda: done(customers, complaints), seconds=180, what="every mail")
        rows = [row for model in (Message, Dispatch) for row in model.objects.values_list("state", "message_id")]
        mails = compare(rows, [line["id"] for line in ledger.lines("accepted")])
        given_out = Counter(GIVEN_OUT.findall(log.read_text()))
        figures.update(
            **mails.figures(),
            tickets=Ticket.objects.count(),
            signals=CustomerSignal.objects.count(),
            decisions=Decision.objects.count(),
            workers_at_once=office.most_open,
            tasks=len(given_out),
            tasks_given_out_again=sum(times > 1 for times in given_out.values()),
            every_mail_once=mails.lost == mails.twice == mails.strangers == mails.unaccounted == 0,
            every_ticket_once=Ticket.objects.count() == CustomerSignal.objects.count() == complaints,
            every_decision_once=Decision.objects.count() == customers
            and all(identity.holds for identity in check_identities()),
            given_out_again=max(given_out.values()) > 1,
        )
