"""Which of a version's windows took how many occasions, in words."""

from __future__ import annotations

from collections.abc import Mapping

from surveys.contact_rules import ContactRule
from surveys.models import ProgramVersion
from surveys.services.explaining.barring import in_words
from surveys.services.triggering.rules import rules_of

_WHOSE = {"household": ", of anybody of the household", "account": ", of anybody of the account"}


def windows_in_words(version: ProgramVersion, counted: Mapping[str, int]) -> dict[str, int]:
    """{"30 days after a question in any program": 412}, the most first, from counts by the names that
    `windows_sql.open_window` gives the windows."""
    words = _words(version)
    found: dict[str, int] = {}
    for name, number in sorted(counted.items(), key=lambda pair: (-pair[1], pair[0])):
        said = words.get(name, name)
        found[said] = found.get(said, 0) + number
    return found


def _words(version: ProgramVersion) -> dict[str, str]:
    rules = {
        "any": ContactRule("asked", version.quarantine_days),
        "kind": ContactRule("asked", version.program_quarantine_days, among="kind"),
        **{str(n): rule for n, rule in enumerate(rules_of(version).further)},
    }
    told = {name: f"{in_words(rule)}{_WHOSE.get(rule.per, '')}" for name, rule in rules.items()}
    return {"on_its_way": "another question was on its way", **told}
