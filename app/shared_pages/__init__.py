"""Pages that are the same for every visitor: built once per change and language, and served from memory."""
