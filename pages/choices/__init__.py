"""What a visitor chose: plans, kept in the session, the address, a link or a file."""
