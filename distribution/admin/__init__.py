from distribution.admin.digests import DigestAdmin
from distribution.admin.dispatches import DispatchAdmin

__all__ = ["DigestAdmin", "DispatchAdmin"]
