"""Pages that also show what upper apps registered for them."""

from common.panelled import PanelledAdmin

__all__ = ["PanelledAdmin"]
