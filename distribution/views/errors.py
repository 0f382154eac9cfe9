from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def form_expired(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form post without a valid CSRF token: the page was open too long, or the post came from elsewhere."""
    return render(request, "403.html", {"reason": reason}, status=403)
