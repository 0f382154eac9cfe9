from distribution.models.digests import Digest
from distribution.models.dispatches import Dispatch
from distribution.models.sign_in_attempts import SignInAttempt

__all__ = ["Digest", "Dispatch", "SignInAttempt"]
