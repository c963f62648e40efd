"""Parts of the page Aannames en bronnen."""
