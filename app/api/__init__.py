"""The JSON API at `/api/v1`. `/api/openapi.json` describes it and `/api/docs` shows the description as a page."""
