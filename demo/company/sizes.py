"""How large the bank is: one simulation, three sizes."""

from __future__ import annotations

from dataclasses import dataclass, replace

NAMED_BRANCHES = 6


@dataclass(frozen=True)
class Size:
    """`per_branch`: occasions on an ordinary working day. `hours` (UTC): when the house's background work runs."""

    name: str
    days: int
    branches: int
    employees: int
    customers: int
    per_branch: float
    rate: str  # of the occasions that may be asked about, as the programs' sampling rate
    hours: tuple[int, ...]
    digest_days: int  # digests are frozen for the last days only
    answering: float  # mean propensity to answer, on the logit scale
    phones: float  # share of the customers whose number is known
    cheats: int  # branches for each way of cheating
    moved: int  # branches that each re-organization moves
    feeders: int  # processes beside the one that decides, and as many that work the tickets; 0: all in one

    def scaled(self, share: float, days: int | None = None) -> Size:
        """The same bank with `share` of its branches, people and customers, for `days` at most; for measuring."""
        if share == 1 and days is None:
            return self
        return replace(
            self,
            name=f"{self.name}-{share:g}-{days or self.days}",
            days=min(days or self.days, self.days),
            branches=max(NAMED_BRANCHES, round(self.branches * share)),
            employees=max(40, round(self.employees * share)),
            customers=max(60, round(self.customers * share)),
            moved=max(1, round(self.moved * share)) if self.moved else 0,
        )


SIZES = {
    size.name: size
    for size in (
        Size(
            name="small", days=60, branches=6, employees=40, customers=1_500, per_branch=12.0, rate="0.7",
            hours=(7, 10, 12, 14, 17, 20), digest_days=10, answering=-0.75, phones=1.0, cheats=0, moved=0, feeders=0,
        ),
        Size(
            name="medium", days=365, branches=40, employees=500, customers=50_000, per_branch=9.0, rate="0.4",
            hours=(7, 18), digest_days=10, answering=-1.0, phones=0.6, cheats=1, moved=4, feeders=2,
        ),
        Size(
            name="large", days=730, branches=400, employees=5_000, customers=1_000_000, per_branch=8.4, rate="0.16",
            hours=(7, 18), digest_days=5, answering=-1.3, phones=0.4, cheats=2, moved=24, feeders=2,
        ),
    )
}  # fmt: skip
SMALL = SIZES["small"]
