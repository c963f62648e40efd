"""What everything on the screen looks like: its words, numbers, colours and charts."""
