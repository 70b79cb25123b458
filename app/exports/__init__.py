"""Tables for download, each declared once for console and API (`kinds.py`)."""
