from common.models.api import RateBucket, StoredAnswer
from common.models.dwell import Dwell
from common.models.events import Event
from common.models.exports import Export
from common.models.heartbeats import Heartbeat
from common.models.loads import Load
from common.models.nudges import Nudge
from common.models.outgoing import Outgoing, State
from common.models.trials import Trial
from common.models.users import User

__all__ = [
    "Dwell",
    "Event",
    "Export",
    "Heartbeat",
    "Load",
    "Nudge",
    "Outgoing",
    "RateBucket",
    "State",
    "StoredAnswer",
    "Trial",
    "User",
]
