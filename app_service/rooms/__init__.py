"""Conversations of up to 200 people, from their creation to the owner's last message."""
