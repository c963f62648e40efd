"""What the page Kinderen en wachttijd is made of."""
