"""What projects spent: entered with vouchers, checked, and compared with what they got."""
