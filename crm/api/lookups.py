"""Finding the customer that an address of the API names, within sight."""

from __future__ import annotations

from django.http import Http404
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request

from common.text import clean_line
from crm.api.principal import principal_of
from crm.models import ApiKey, Customer
from crm.models.customers import CustomerQuerySet


def customer_named(request: Request, external_id: str, function: str) -> Customer:
    """The customer of that id, of the source that `?source=` names or the key's own. 404 out of sight, 422 if nobody
    says which source."""
    source = request.query_params.get("source") or getattr(request.auth, "source", "")
    if not source:
        raise ValidationError({"source": "Say which source gave the id."}, code="required")
    named = {"source": clean_line(source, limit=61), "external_id": clean_line(external_id, limit=121)}
    return found(request, named, function)


def found(request: Request, named: dict[str, str], function: str) -> Customer:
    customer = customers_in_reach(request, function).filter(**named).first()
    if customer is None:
        raise Http404
    return customer


def customers_in_reach(request: Request, function: str) -> CustomerQuerySet:
    """Those the caller may do `function` to; a key, whose scopes say what it may do, those of its unit."""
    return Customer.objects.visible_to(principal_of(request), None if isinstance(request.auth, ApiKey) else function)


def via(request: Request) -> str:
    """Who else it was than a person, for the event trail."""
    return f"apikey:{request.auth.pk}" if isinstance(request.auth, ApiKey) else ""
