"""Notification formats of platforms that do not use ours, as data: how a notification is verified, opened, turned
into our own event and answered (ADR 38)."""
