"""Every text that people read, in Chinese and English."""
