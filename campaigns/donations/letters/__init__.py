"""Messages to donors and partners about their donations."""
