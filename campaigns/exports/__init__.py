"""Files that people order: written by a job, kept for a day, taken away by who ordered them."""
