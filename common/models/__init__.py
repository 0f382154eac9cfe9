from common.models.events import Event
from common.models.heartbeats import Heartbeat
from common.models.loads import Load
from common.models.outgoing import Outgoing, State
from common.models.trials import Trial
from common.models.users import User

__all__ = ["Event", "Heartbeat", "Load", "Outgoing", "State", "Trial", "User"]
