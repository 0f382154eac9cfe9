from surveys.models.decisions import Decision, Reason, TriggerRun
from surveys.models.invitations import Invitation, InvitationToken, LinkVisit
from surveys.models.ledger import ContactLedger
from surveys.models.messages import DeliveryAttempt, Message
from surveys.models.occasions import Occasion
from surveys.models.programs import Approval, Program, ProgramVersion
from surveys.models.readiness import Readiness
from surveys.models.responses import Answer, Response
from surveys.models.turns import Turn

__all__ = [
    "Answer",
    "Approval",
    "ContactLedger",
    "Decision",
    "DeliveryAttempt",
    "Invitation",
    "InvitationToken",
    "LinkVisit",
    "Message",
    "Occasion",
    "Program",
    "ProgramVersion",
    "Readiness",
    "Reason",
    "Response",
    "TriggerRun",
    "Turn",
]
