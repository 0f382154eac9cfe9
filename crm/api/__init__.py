"""The REST face of crm, and the way into every API route: keys (`authentication.py`) and scopes (`permissions.py`)."""
