"""Projects, their pages, organisations and stations over the API."""
