"""Letters to donors by e-mail and text message: their contents, and how they are sent."""
