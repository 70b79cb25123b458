"""What projects spent: entered with vouchers, checked, and compared with what the projects received."""
