"""The rate at which chance decided about an occasion: the program's own, raised where customers are kept for others."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from surveys.models import Decision
from surveys.reserving import opened
from surveys.versions.telling import percent


@dataclass(frozen=True)
class Rate:
    """`own`: the version's, or the stratum's, or what the unit's figures made of it. `drawn`: what the draw was held
    against. `kept`: the part of the unit's customers that is kept for other programs by lot."""

    own: Decimal
    drawn: Decimal
    kept: Decimal = Decimal(0)

    @property
    def why_raised(self) -> str:
        """ "25.0%, raised, since 20 % of the customers are kept for others"; empty where it is not raised."""
        if self.drawn == self.own:
            return ""
        return f"{self.own:.1%}, raised, since {percent(self.kept)} of the customers are kept for others"


def drawn_at(decision: Decision) -> Rate:
    """Of a decision that chance made; needs `decision.version`."""
    lots = decision.inputs.get("lots")
    own = Decimal(str(decision.inputs.get("rate", decision.version.sampling_rate)))
    if lots is None:
        return Rate(own, own)
    open_ = Decimal(str(lots["open"]))
    return Rate(own, opened(own, open_) if open_ != 1 else own, 1 - open_)
