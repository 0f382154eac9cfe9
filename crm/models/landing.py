"""Rows that other tools wrote into the schema `landing`, as far as taking them in needs to know them.

The tables are made by a migration and not managed here: what they hold besides is read by
`crm.services.landing.taking_in`, column by column, as text.
"""

from __future__ import annotations

from django.db import models


class LandingRow(models.Model):
    """A row as it landed: `taken_at` when we took it in, `error` what was wrong with it then."""

    id = models.BigAutoField(primary_key=True)
    source = models.TextField()
    landed_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)
    load_id = models.BigIntegerField(null=True)
    error = models.JSONField(null=True)

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return f"{self._meta.model_name} {self.pk}"


class LandingUnit(LandingRow):
    """A row of landing.units."""

    class Meta:
        managed = False
        db_table = 'landing"."units'


class LandingEmployee(LandingRow):
    """A row of landing.employees."""

    class Meta:
        managed = False
        db_table = 'landing"."employees'


class LandingCustomer(LandingRow):
    """A row of landing.customers."""

    class Meta:
        managed = False
        db_table = 'landing"."customers'


class LandingInteraction(LandingRow):
    """A row of landing.interactions."""

    class Meta:
        managed = False
        db_table = 'landing"."interactions'


class LandingFinancial(LandingRow):
    """A row of landing.financials."""

    class Meta:
        managed = False
        db_table = 'landing"."financials'
