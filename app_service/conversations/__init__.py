"""Logs of opaque MLS messages: order, epochs, membership, receipts."""
