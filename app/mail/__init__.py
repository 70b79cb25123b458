"""Letters to donors by e-mail: what they say, and how they are sent."""
