"""Making the `bi` schema: what the newest migration about it does."""

from __future__ import annotations

from typing import Any

from analytics.bi import VERSION
from analytics.bi.dimensions import DIMENSIONS
from analytics.bi.facts import FACTS
from common.migrating import DROP_VIEWS

SCHEMA = "bi"
VIEWS = (*DIMENSIONS, *FACTS)
MAKE_KEYS = """
CREATE TABLE IF NOT EXISTS analytics_bikey (key bytea NOT NULL);
INSERT INTO analytics_bikey
SELECT sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid()))
WHERE NOT EXISTS (SELECT 1 FROM analytics_bikey)
"""


def statements() -> list[str]:
    """The views with a comment on each and on every column. The schema and the rights on it stay as they are."""
    made = [f"CREATE SCHEMA IF NOT EXISTS {SCHEMA}", MAKE_KEYS, DROP_VIEWS]
    about = f"Version {VERSION}. Views for business intelligence tools; docs/bi.md."
    made.append(f"COMMENT ON SCHEMA {SCHEMA} IS {_text(about)}")
    for view in VIEWS:
        made.append(f"CREATE VIEW {SCHEMA}.{view.name} AS {view.sql}")
        made.append(f"COMMENT ON VIEW {SCHEMA}.{view.name} IS {_text(view.about)}")
        made += [
            f"COMMENT ON COLUMN {SCHEMA}.{view.name}.{column.name} IS {_text(column.about)}" for column in view.columns
        ]
    return made


def _text(words: str) -> str:
    return "'" + words.replace("'", "''") + "'"


def make_views(_apps: Any, schema_editor: Any) -> None:
    """For RunPython."""
    for statement in statements():
        schema_editor.execute(statement, params=None)


def drop_views(_apps: Any, schema_editor: Any) -> None:
    """For RunPython. The key stays: pseudonyms are the same when the views come back."""
    schema_editor.execute(DROP_VIEWS, params=None)


def page() -> str:
    """The tables of docs/bi.md."""
    return "\n".join(_table(view) for view in VIEWS)


def _table(view: Any) -> str:
    rows = "\n".join(f"| `{column.name}` | {column.about} |" for column in view.columns)
    return f"### `bi.{view.name}`\n\n{view.about}\n\n| Column | Meaning |\n|---|---|\n{rows}\n"
