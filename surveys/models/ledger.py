from django.db import models

from crm.models import Customer
from surveys.models.programs import Program


class ContactLedger(models.Model):
    """When a person was (or is about to be) asked; quarantine counts from here. At most one reservation a person.

    reserved: decided, not yet handed off; handed off: the clock runs from `handed_off_at`; released: never went out.
    A reminder is a contact as well: the clock runs from `reminded_at`, the last one, again, and a yearly cap counts the
    question and each reminder. `remind_at`: when it is looked at whether the person is to be reminded; empty: not
    (again).
    """

    class State(models.TextChoices):
        RESERVED = "reserved"
        HANDED_OFF = "handed_off", "handed off"
        RELEASED = "released"

    customer = models.ForeignKey(  # canonical; found by ledger_last_asked
        Customer, on_delete=models.PROTECT, related_name="contacts", db_index=False
    )
    program = models.ForeignKey(Program, on_delete=models.PROTECT)
    program_kind = models.CharField(max_length=14, choices=Program.Kind.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.RESERVED)
    reserved_at = models.DateTimeField()
    handed_off_at = models.DateTimeField(null=True)
    reminded_at = models.DateTimeField(null=True)
    reminded_before_at = models.DateTimeField(null=True)  # the first of two reminders
    remind_at = models.DateTimeField(null=True)
    released_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer"], condition=models.Q(state="reserved"), name="one_outstanding_reservation"
            )
        ]
        indexes = [
            models.Index(fields=["customer", "-handed_off_at"], name="ledger_last_asked"),  # quarantine
            models.Index(  # who is to be reminded
                fields=["remind_at"], name="ledger_to_remind", condition=models.Q(remind_at__isnull=False)
            ),
        ]

    def __str__(self) -> str:
        return f"customer {self.customer_id} {self.state}"
