"""Paid donations counted by place, hour, channel, amount, team and source, and the counts that a job keeps."""
