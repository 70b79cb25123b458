"""The sample of a campaign that an auditor checks after its result is published."""
