"""The JSON API: `/api/v1`, described by `/api/openapi.json`, readable at `/api/docs`."""
