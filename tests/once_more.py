"""What failed in the whole run fails again alone, or is told as unsteady
(docs/decisions/0010-a-second-look-at-failures.md).

python -m tests.once_more     after pytest: status 0 if each of the few that failed passes now, 1 otherwise
"""

import json
import sys
from pathlib import Path

import pytest

MOST = 3  # more than these are no accident of timing
FAILED = Path(".pytest_cache/v/cache/lastfailed")


def main() -> int:
    failed = sorted(json.loads(FAILED.read_text())) if FAILED.exists() else []
    if not 0 < len(failed) <= MOST:
        return 1
    print(f"\nOnce more, one after another: {', '.join(failed)}", flush=True)
    if pytest.main(["--last-failed", "--last-failed-no-failures", "none"]) != pytest.ExitCode.OK:
        return 1
    print(f"UNSTEADY, to be mended: {', '.join(failed)}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
