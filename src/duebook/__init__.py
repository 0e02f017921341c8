"""Duebook keeps what customers owe a business and what it owes its vendors, and ages it as of any date."""

__version__ = "0.1.0"
