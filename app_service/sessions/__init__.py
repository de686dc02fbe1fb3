"""Private conversations of two people, from the accepted connection to the last message."""
