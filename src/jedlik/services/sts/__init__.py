"""STS: who a caller is, and temporary credentials. What sessions are: `identity/sessions.py`."""
