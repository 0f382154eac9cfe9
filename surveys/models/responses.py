from __future__ import annotations

import uuid
from typing import Any, Self

from django.apps import apps
from django.db import models
from django.db.models import Exists, F, Max, OuterRef, Prefetch, Q, Subquery
from django.db.models.functions import Coalesce

from common.models import Load
from crm.models import Consent, ConsentWord, Customer, Employee, Interaction, OrgUnit, Purpose
from crm.sight import VisibleByUnit
from surveys.models.invitations import Invitation
from surveys.models.programs import Program, ProgramVersion
from surveys.models.public_links import PUBLIC, PublicLink
from surveys.questionnaire.asking import standing_answers
from surveys.questionnaire.questions import Kind, Value, questions_of
from surveys.scoring import Category
from surveys.words.masking import NOBODY, Own, mask_unread


class ResponseQuerySet(VisibleByUnit["Response"]):
    def with_topics(self) -> Self:
        """With the topics of their words, however many answers: a query more, two where they come without passage."""
        hits = apps.get_model("surveys", "PassageTopic").objects.select_related("topic")
        return self.prefetch_related(Prefetch("passage__topics", hits))

    def unread(self) -> Self:
        """Answers whose words are still to be classified."""
        return self.filter(classified_at__isnull=True).exclude(comment="")

    def promoter_scale(self) -> Self:
        """Answers on the scale 0-10 with a score, of people whom we know or who were asked: the only ones that count
        toward a Net Promoter Score."""
        return self.filter(scale_min=0, scale_max=10, score__isnull=False).exclude(source__startswith=PUBLIC)

    def quotable(self) -> Self:
        """Answers whose words the customer lets us quote, as it stands now: they said so in the answer, and neither
        they nor another row of the same person refused it since or keep a refusal standing; the words were read, so
        that personal data in them are hidden, and nobody's data were erased."""
        said = Answer.objects.filter(response=OuterRef("pk"), question="quote", value=True).order_by()
        last = said.values("response").annotate(last=Max("at")).values("last")
        worded = self.filter(may_quote=True).exclude(comment="").exclude(classified_at=None)
        person = Coalesce("customer__canonical", "customer")
        rows = worded.alias(allowed_at=Coalesce(Subquery(last), "answered_at"), person=person)
        return rows.exclude(_taken_back())

    def of_link(self, link: PublicLink) -> Self:
        """What was said by a public link."""
        return self.filter(source=link.source)


def _taken_back() -> Q:
    """Of an answer with `person` and `allowed_at`: the person refuses to be quoted, or was erased."""
    ways = Q(pk=OuterRef("person")) | Q(canonical=OuterRef("person"))
    inner = Q(pk=OuterRef(OuterRef("person"))) | Q(canonical=OuterRef(OuterRef("person")))
    rows = Customer.objects.filter(inner).values("pk")
    refused = {"purpose": Purpose.QUOTE, "granted": False, "customer__in": rows}
    since = ConsentWord.objects.filter(**refused, at__gte=OuterRef("allowed_at"))
    erased = Customer.objects.filter(ways, erased_at__isnull=False)
    return Q(Exists(Consent.objects.filter(**refused))) | Q(Exists(since)) | Q(Exists(erased))


class Response(models.Model):
    """What a customer said about one occasion: one per invitation, or per (source, external id) if collected elsewhere.

    `revision` counts every stored step (score, comment, further answers, consent, a change of any); `answers` holds
    them all. `further` has the last answer to each question of the version that was asked, null where it was skipped,
    also of questions that are not asked any more since an earlier answer changed (`answers_given`). Unit,
    employee, product and channel are copied from the packet and never looked up later.
    """

    class Status(models.TextChoices):
        PARTIAL = "partial"
        COMPLETE = "complete"

    public_id = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    invitation = models.OneToOneField(Invitation, null=True, on_delete=models.PROTECT, related_name="response")
    source = models.CharField(max_length=60, blank=True)  # empty for our own survey
    external_id = models.CharField(max_length=120, blank=True)
    program = models.ForeignKey(Program, on_delete=models.PROTECT, related_name="responses")
    version = models.ForeignKey(ProgramVersion, null=True, on_delete=models.PROTECT)
    # `customer` and `unit` have no index of their own: those below begin with them
    customer = models.ForeignKey(
        Customer, null=True, on_delete=models.PROTECT, related_name="responses", db_index=False
    )
    interaction = models.ForeignKey(Interaction, null=True, on_delete=models.PROTECT, related_name="responses")
    unit = models.ForeignKey(OrgUnit, on_delete=models.PROTECT, related_name="responses", db_index=False)
    employee = models.ForeignKey(Employee, null=True, on_delete=models.PROTECT, related_name="responses")
    product = models.CharField(max_length=80, blank=True)
    channel = models.CharField(max_length=20)  # how the answer came: email, link, or the loaded file's word
    language = models.CharField(max_length=10, blank=True)
    score = models.SmallIntegerField(null=True)
    scale_min = models.SmallIntegerField(default=0)
    scale_max = models.SmallIntegerField(default=10)
    category = models.CharField(max_length=10, choices=[(c.value, c.value) for c in Category], blank=True)
    comment = models.TextField(blank=True)
    comment_truncated = models.BooleanField(default=False)
    callback = models.BooleanField(null=True)  # may we call you about this?
    callback_phone = models.CharField(max_length=32, blank=True)
    callback_time = models.CharField(max_length=20, blank=True)
    may_quote = models.BooleanField(null=True)
    may_forward = models.BooleanField(null=True)  # may words go to the people they are about, outside too?
    worded = models.BooleanField(null=True, editable=False)  # own words are among its further answers
    further = models.JSONField(null=True)  # answers to the version's questions, by code; null: none was answered
    attributes = models.JSONField(default=dict)
    status = models.CharField(max_length=8, choices=Status.choices, default=Status.PARTIAL)
    revision = models.PositiveSmallIntegerField(default=1)
    answered_at = models.DateTimeField()  # first score
    updated_at = models.DateTimeField()
    completed_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True, editable=False)  # no more steps are waited for: completed, or time over
    load = models.ForeignKey(Load, null=True, on_delete=models.SET_NULL)
    # hand-over marks, emptied again by every revision
    signalled_at = models.DateTimeField(null=True, editable=False)  # closedloop raised a signal of this revision
    folded_at = models.DateTimeField(null=True, editable=False)  # analytics took this revision in
    classified_at = models.DateTimeField(null=True, editable=False)  # the comment was read; emptied when it changes
    # the comment with personal data hidden; null: nothing was hidden, or it was not read yet
    masked = models.TextField(null=True, editable=False)
    # the same of further answers in own words, by code: those in which something was hidden
    further_masked = models.JSONField(null=True, editable=False)

    objects = ResponseQuerySet.as_manager()

    class Meta:
        verbose_name = "answer"
        permissions = [
            ("load_responses", "Can load answers collected elsewhere"),
            ("view_raw_words", "Can see what was written with personal data in it"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["source", "external_id"], condition=~Q(source=""), name="one_response_per_source_id"
            ),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__gte=F("scale_min"), score__lte=F("scale_max")),
                name="score_on_its_scale",
            ),
            models.CheckConstraint(
                condition=Q(category="") | Q(scale_min=0, scale_max=10, score__isnull=False),
                name="category_only_on_promoter_scale",
            ),
            models.CheckConstraint(
                condition=Q(invitation__isnull=False) | ~Q(source=""), name="response_has_an_origin"
            ),
            models.CheckConstraint(  # whatever code comes: who answers a public link stays nobody
                condition=~Q(source__startswith=PUBLIC)
                | Q(customer=None, invitation=None, interaction=None, employee=None, load=None, callback_phone=""),
                name="who_passed_by_is_nobody",
            ),
        ]
        indexes = [
            models.Index(
                fields=["external_id"], name="response_by_external_id", condition=~Q(external_id="")
            ),  # search
            models.Index(fields=["id"], name="response_unsignalled", condition=Q(signalled_at__isnull=True)),
            models.Index(fields=["id"], name="response_unfolded", condition=Q(folded_at__isnull=True)),
            models.Index(
                fields=["id"], name="response_unclassified", condition=Q(classified_at__isnull=True) & ~Q(comment="")
            ),
            models.Index(  # words to be read, where the comment has none
                fields=["id"], name="response_words_unread", condition=Q(classified_at=None, comment="", worded=True)
            ),
            models.Index(  # answers whose customer has gone, to be ended
                fields=["updated_at"],
                name="response_unended",
                condition=Q(status="partial", ended_at__isnull=True),
            ),
            models.Index(fields=["answered_at"], name="response_by_time"),  # the console's filter by time
            models.Index(fields=["updated_at", "id"], name="response_by_change"),  # the API's `updated_since`
            models.Index(fields=["unit", "-answered_at"], name="response_of_unit"),  # digest, lists
            models.Index(fields=["customer", "-answered_at"], name="response_of_customer"),  # previous answer
        ]

    def __str__(self) -> str:
        return f"{self.score if self.score is not None else 'no score'} in {self.program}"

    @property
    def words(self) -> str:
        """The comment as everybody sees it: personal data hidden. Until it was read (within seconds) what its shape
        gives away, every long number, and the name of who wrote where the row came with its customer."""
        return words_shown(self.comment, self.masked, read=self.classified_at is not None, own=self._own)

    @property
    def _own(self) -> Own:
        """Who wrote, where the row came with its customer."""
        customer: Customer | None = self._state.fields_cache.get("customer")
        if customer is None:
            return NOBODY
        return Own(customer.given_name, customer.family_name, accounts=(customer.external_id,))

    @property
    def answers_given(self) -> dict[str, Value]:
        """Answers to further questions that stand, in the questions' order; None: skipped. Without a query if the row
        came with its version."""
        if not self.further or self.version is None:
            return {}
        questions = questions_of(self.version.questions)
        return standing_answers(questions, category=self.category, given=self.further)

    @property
    def in_own_words(self) -> frozenset[str]:
        """Codes of the further questions that are answered in own words."""
        stored = self.version.questions if self.further and self.version else []
        return frozenset(question.code for question in questions_of(stored) if question.kind == Kind.TEXT)

    @property
    def further_words(self) -> list[str]:
        """What was written to further questions that stand, as it was written."""
        texts, given = self.in_own_words, self.answers_given
        return [said for code, said in given.items() if code in texts and isinstance(said, str)]

    @property
    def answers_shown(self) -> dict[str, Value]:
        """The same as everybody sees them: personal data in own words is hidden, as in `words`."""
        given, texts, hidden = self.answers_given, self.in_own_words, self.further_masked or {}
        read, own = self.classified_at is not None and bool(self.worded), self._own if given else NOBODY
        return {
            code: words_shown(said, hidden.get(code), read=read, own=own)
            if code in texts and isinstance(said, str)
            else said
            for code, said in given.items()
        }


def words_shown(comment: str, masked: str | None, *, read: bool, own: Own = NOBODY) -> str:
    """The same, for queries that bring the columns `comment`, `masked` and `classified_at` only."""
    if masked is not None:
        return masked
    return comment if read or not comment else mask_unread(comment, own)


def as_given(value: Value | dict[str, Any]) -> Any:
    """What an `Answer` stores: JSON's null, and not SQL's, where the question was skipped."""
    return models.Value(None, models.JSONField()) if value is None else value


class Answer(models.Model):
    """One step of a response as it was given; a change adds a row of a higher revision, nothing is overwritten."""

    response = models.ForeignKey(  # found by one_answer_per_revision
        Response, on_delete=models.CASCADE, related_name="answers", db_index=False
    )
    revision = models.PositiveSmallIntegerField()
    question = models.CharField(max_length=40)  # score, comment, callback, quote, or a further question's code
    value = models.JSONField()
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["response", "revision", "question"], name="one_answer_per_revision")
        ]

    def __str__(self) -> str:
        return f"{self.question} r{self.revision}"
