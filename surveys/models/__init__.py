from surveys.models.approvals import Approval, Drafting
from surveys.models.brakes import Brake, MailHour
from surveys.models.clicks import ClickTally, ProvisionalScore
from surveys.models.decision_tallies import DecisionTally
from surveys.models.decisions import Decision, Reason, TriggerRun
from surveys.models.disposition_notes import DispositionNote
from surveys.models.health import AskingHour, Departure, RunCount, TriggerHealth
from surveys.models.inbound import InboundMail
from surveys.models.invitations import Invitation, InvitationToken, LinkVisit
from surveys.models.ledger import ContactLedger
from surveys.models.messages import DeliveryAttempt, Message
from surveys.models.occasions import Occasion
from surveys.models.own_page import LanguageWish, OwnLinksEnded
from surveys.models.passages import Passage, PassageTopic
from surveys.models.preconsents import PreConsent
from surveys.models.programs import Program, ProgramVersion
from surveys.models.public_links import PublicLink
from surveys.models.readiness import Readiness
from surveys.models.refusals import Refusal
from surveys.models.rehearsals import Rehearsal
from surveys.models.replays import Replay
from surveys.models.responses import Answer, Response
from surveys.models.set_aside import SetAside
from surveys.models.settlements import Settlement
from surveys.models.topics import Topic, TopicRule
from surveys.models.turns import Turn

__all__ = [
    "Answer",
    "Approval",
    "AskingHour",
    "Brake",
    "ClickTally",
    "ContactLedger",
    "Decision",
    "DecisionTally",
    "DeliveryAttempt",
    "Departure",
    "DispositionNote",
    "Drafting",
    "InboundMail",
    "Invitation",
    "InvitationToken",
    "LanguageWish",
    "LinkVisit",
    "MailHour",
    "Message",
    "Occasion",
    "OwnLinksEnded",
    "Passage",
    "PassageTopic",
    "PreConsent",
    "Program",
    "ProgramVersion",
    "ProvisionalScore",
    "PublicLink",
    "Readiness",
    "Reason",
    "Refusal",
    "Rehearsal",
    "Replay",
    "Response",
    "RunCount",
    "SetAside",
    "Settlement",
    "Topic",
    "TopicRule",
    "TriggerHealth",
    "TriggerRun",
    "Turn",
]
