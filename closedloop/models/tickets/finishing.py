"""What must be said and settled before a ticket ends."""

from __future__ import annotations

from closedloop.errors import TicketRefused
from closedloop.models.tickets.acting import Acting
from closedloop.models.tickets.learning import Learning
from closedloop.models.tickets.promising import FollowUp, Promising


class Finishing(Learning, Acting, Promising):
    """What a ticket's policy asks for at the end, and what others still have to do."""

    class Meta:
        abstract = True

    def _check_finished(self, *, with_findings: bool, steps_go_on: bool) -> list[FollowUp]:
        """Raises TicketRefused with all that is missing; the steps that go on without the ticket. `with_findings`:
        the customer was dealt with, so that the policy's demands hold."""
        open_steps = list(FollowUp.objects.filter(ticket=self.pk).open().select_related("to").order_by("due_at"))
        missing = [*self._missing()] if with_findings else []
        if self._actions().awaiting().exists():
            missing.append("An action waits for approval: have it decided, or withdraw it.")
        if open_steps and not steps_go_on:
            steps = ", ".join(f"{step.to.name}: {step.what}" for step in open_steps)
            missing.append(f"Steps are still open ({steps}). Settle them, or say that they go on without the ticket.")
        if missing:
            raise TicketRefused(" ".join(missing))
        return open_steps

    def _missing(self) -> list[str]:
        """What the policy wants to have been said, in sentences."""
        policy, done = self.policy, self._actions().done()
        asked = [
            (policy.close_needs_cause, self.findings.filter(root_cause__isnull=False), "Record the root cause first."),
            (policy.close_needs_action, done, "Record what was done first."),
            (policy.close_needs_cost, done.filter(cost__isnull=False), "Say what it cost first, even if nothing."),
        ]
        return [message for wanted, rows, message in asked if wanted and not rows.exists()]
