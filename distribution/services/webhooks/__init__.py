"""Telling other systems what happened: from an Event to a delivery that was taken (docs/webhooks.md)."""
