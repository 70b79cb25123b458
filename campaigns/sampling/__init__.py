"""The sample of an event that an auditor checks after its result is published."""
