"""A made-up business to look at: its customers, vendors and two years of their dealings, the same for the same seed."""
