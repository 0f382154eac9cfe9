from django.db import models

from surveys.models.invitations import Invitation


class Refusal(models.Model):
    """The customer answered this invitation by not wanting to be asked: the first time counts. That nobody is asked
    again is in the words on consent and the suppression list; this is what became of the invitation."""

    class How(models.TextChoices):
        LINK = "link", "by the link of the mail"
        MAIL = "mail", "by mail"
        COMPLAINT = "complaint", "by a complaint to the provider"
        OWN_PAGE = "own_page", "on their own page"

    invitation = models.OneToOneField(Invitation, on_delete=models.CASCADE, related_name="refusal")
    at = models.DateTimeField()
    how = models.CharField(max_length=9, choices=How.choices)

    def __str__(self) -> str:
        return f"{self.how} at {self.at:%Y-%m-%d %H:%M}"
