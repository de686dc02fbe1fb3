"""Who may do what, and what is remembered: accounts, devices, connections, conversations."""

VERSION = "0.1.0"
