"""Which page may load and run what. Every page keeps the policy of the settings; the console alone is laxer."""

from __future__ import annotations

from typing import Any

from csp.constants import HEADER
from csp.middleware import CSPMiddleware, PolicyParts
from django.conf import settings

CONSOLE = "/admin/"
# unfold's Alpine evaluates its expressions, and its theme and widgets carry style attributes; without these two the
# console does not work at all (docs/decisions). No script from elsewhere and no inline script even there.
LAXER = {"script-src": ["'self'", "'unsafe-eval'"], "style-src": ["'self'", "'unsafe-inline'"]}


class PolicyMiddleware(CSPMiddleware):
    def process_response(self, request: Any, response: Any) -> Any:
        """What brings a policy of its own keeps it: survey pages, for which it is always the same."""
        return response if HEADER in response else super().process_response(request, response)

    def get_policy_parts(self, request: Any, response: Any, report_only: bool = False) -> PolicyParts:
        parts = super().get_policy_parts(request, response, report_only)
        if request.path_info.startswith(CONSOLE) and not report_only:
            parts.config = {**settings.CONTENT_SECURITY_POLICY["DIRECTIVES"], **LAXER}
        return parts
