"""Telling the customer what was done, and hearing what they write back."""

from __future__ import annotations

from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING

from closedloop.errors import LooksCanned, TicketRefused
from closedloop.models.letters import ALIKE, CustomerReply, Letter
from closedloop.models.tickets.base import TicketBase
from closedloop.models.tickets.rows import author, needed
from crm.models import ContactPoint
from crm.sight import Principal
from surveys.services.classifying.owning import own_facts
from surveys.services.own_page.links import person_behind
from surveys.services.own_page.telling import language_of_person
from surveys.services.phrasing import spoken_language
from surveys.services.service_mail import address_of, objection_to_service_mail
from surveys.words.masking import Own

if TYPE_CHECKING:
    from django.db.models.fields.related_descriptors import RelatedManager


class Writing(TicketBase):
    """Letters to the customer and their replies."""

    if TYPE_CHECKING:
        letters: RelatedManager[Letter]
        replies: RelatedManager[CustomerReply]

    class Meta:
        abstract = True

    @property
    def letter_language(self) -> str:
        """In which language the frame of a letter speaks: the customer's, where we have it."""
        person = person_behind(self.customer_id) if self.customer_id else None
        return spoken_language(language_of_person(person) if person else "", "")

    @cached_property
    def own(self) -> Own:
        """What is hidden of the customer in the words on this ticket. Two queries, once."""
        return own_facts([self])[self.pk]

    def write_letter(
        self, *, text: str, by: Principal, at: datetime, sure: bool = False, expected_version: int | None = None
    ) -> Letter:
        """Tell the customer what was done, in the author's own words; it goes out outside of their quiet hours. Nearly
        the same as was written to somebody else: LooksCanned, unless the author is `sure`."""
        words = needed(text, "Write what was done, in your own words.")
        with self._locked(expected_version):
            point = address_of(self.customer) if self.customer else None
            self._check_writable(point, at)
            near = Letter.objects.nearest_to(words, unit=self.unit_id, customer=self.customer_id)
            if near and near.share >= ALIKE and not sure:
                raise LooksCanned(near.share, near.letter.words, near.letter.at)
            letter = self.letters.create(
                text=words, language=self.letter_language, by=author(by), at=at, due_at=at, contact_point=point,
                nearest=near.letter if near else None, likeness=near.share if near else None,
            )  # fmt: skip
            self._done("ticket.letter_written", by=by, at=at, letter=letter.pk, likeness=str(letter.likeness or ""))
        return letter

    def hear_reply(self, *, text: str, letter: Letter, at: datetime) -> CustomerReply:
        """The customer wrote back: it stands on the ticket, which is taken up again if it was closed."""
        with self._locked(None):
            reply = self.replies.create(letter=letter, text=text, at=at)
            self._done("ticket.reply_heard", by=None, at=at, reply=reply.pk, letter=letter.pk)
        return reply

    def _check_writable(self, point: ContactPoint | None, at: datetime) -> None:
        why = "nobody knows who the customer is"
        if self.customer:
            why = objection_to_service_mail(customer=self.customer, point=point, at=at)
        if why:
            raise TicketRefused(f"A letter cannot go out: {why}.")
