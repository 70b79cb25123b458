"""Pages that are the same for everybody: made once per change and language, served from memory."""
