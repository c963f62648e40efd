"""The commands, grouped in files by subject; `cli.py` lists them."""
