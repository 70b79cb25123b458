"""Tables that people take away, each declared once for console and API (`kinds.py`)."""
