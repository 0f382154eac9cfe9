from distribution.models.digests import Digest
from distribution.models.dispatches import Dispatch

__all__ = ["Digest", "Dispatch"]
