from common.admin.events import EventAdmin
from common.admin.exports import ExportAdmin
from common.admin.jobs import FailureAdmin, QueuedAdmin, ScheduleAdmin, SuccessAdmin
from common.admin.machine import HeartbeatAdmin, LoadAdmin, TrialAdmin
from common.admin.users import UserAdmin

__all__ = [
    "EventAdmin",
    "ExportAdmin",
    "FailureAdmin",
    "HeartbeatAdmin",
    "LoadAdmin",
    "QueuedAdmin",
    "ScheduleAdmin",
    "SuccessAdmin",
    "TrialAdmin",
    "UserAdmin",
]
