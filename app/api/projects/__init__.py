"""Projects, their pages, organisations and stations in the API."""
