"""What the closed loop tells on the customer's own page."""

from __future__ import annotations

from closedloop.services.corresponding import hear_reply, letters_to
from closedloop.services.showing import steps_of
from surveys import own_steps, own_thread

own_steps.register(steps_of)
own_thread.register(own_thread.Post(letters_to, hear_reply))
