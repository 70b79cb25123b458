"""Papers drawn by the server: link pictures, posters, certificates (docs/adr/0026)."""
