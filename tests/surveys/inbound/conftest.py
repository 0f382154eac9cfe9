import pytest

from surveys.models import Message
from tests.factories import surveys as make
from tests.world import NOW, World


@pytest.fixture(autouse=True)
def domain(settings):
    settings.INBOUND_DOMAIN = "back.example"


@pytest.fixture
def message(world: World) -> Message:
    """The mail that asked Ines an hour ago."""
    version = make.version(wording={"en": {}})
    invitation = make.invitation(interaction=world.interaction, version=version)
    return make.message(invitation=invitation, state="handed_off", handed_off_at=NOW)
