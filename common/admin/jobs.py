"""Background work as django-q2 sees it, to read only: the timetable is in nps_project/timetable.py, and a schedule
edited by hand would not last."""

from django.contrib import admin
from django_q.models import Failure, OrmQ, Schedule, Success

from common.console import ReadOnlyAdmin

for model in (Schedule, Success, Failure, OrmQ):
    if admin.site.is_registered(model):  # django-q2 brings its own, in which anything can be edited
        admin.site.unregister(model)


@admin.register(Schedule)
class ScheduleAdmin(ReadOnlyAdmin):
    company_wide = True
    list_display = ("name", "func", "cron", "next_run")
    ordering = ("name",)


@admin.register(Success)
class SuccessAdmin(ReadOnlyAdmin):
    company_wide = True
    list_display = ("func", "started", "stopped")
    ordering = ("-started",)


@admin.register(Failure)
class FailureAdmin(ReadOnlyAdmin):
    company_wide = True
    list_display = ("func", "started", "stopped", "attempt_count")
    ordering = ("-started",)


@admin.register(OrmQ)
class QueuedAdmin(ReadOnlyAdmin):
    company_wide = True
    list_display = ("id", "key", "lock")
    fields = ("key", "lock")  # the payload is a signed pickle
    ordering = ("id",)
