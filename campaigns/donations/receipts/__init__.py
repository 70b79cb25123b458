"""Donation receipts (捐赠票据)."""
