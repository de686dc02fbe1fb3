"""The WebSocket's way in and out; it calls the nouns' services."""
