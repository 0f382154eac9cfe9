"""docs/operations.md cannot rot: every setting, job and metric stands in it, and nothing that does not exist."""

from __future__ import annotations

import re
from pathlib import Path

from nps_project.timetable import TIMETABLE

HOUSE = Path(__file__).resolve().parents[2]
PAGE = (HOUSE / "docs" / "operations.md").read_text()
FOLDERS = ("common", "crm", "surveys", "closedloop", "analytics", "distribution", "nps_project", "demo")
SETTING = re.compile(r"SHOPKEEPER_[A-Z_]*[A-Z]")
METRIC = re.compile(r"shopkeeper_[a-z_]*[a-z]")


def in_code(pattern: re.Pattern[str]) -> set[str]:
    files = [path for folder in FOLDERS for path in (HOUSE / folder).rglob("*.py")] + [HOUSE / "gunicorn.conf.py"]
    return {word for path in files for word in re.findall(rf'"({pattern.pattern})"', path.read_text())}


def test_every_setting_is_on_the_page_and_none_that_is_gone():
    assert in_code(SETTING) == set(SETTING.findall(PAGE))


def test_every_metric_is_on_the_page_and_none_that_is_gone():
    assert in_code(METRIC) == set(METRIC.findall(PAGE))


def test_every_job_is_on_the_page_with_its_task_and_none_that_is_gone():
    lines = re.findall(r"^\| ([^|]+) \| `(\w+\.tasks\.\w+)` \|", PAGE, re.MULTILINE)
    assert set(lines) == {(job.name, job.task) for job in TIMETABLE}
