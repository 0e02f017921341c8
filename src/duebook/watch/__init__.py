"""What a server tells those who run it: log lines, metrics, traces. Any room may tell it something; it asks none."""
