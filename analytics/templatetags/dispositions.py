"""How dispositions are written on pages."""

from __future__ import annotations

from django import template

from analytics import wording_dispositions

register = template.Library()

register.filter("dispositions_finding", wording_dispositions.finding)
register.filter("otherwise", wording_dispositions.main)
