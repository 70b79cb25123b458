"""Papers drawn by the server: link pictures, posters and certificates (docs/adr/0026)."""
