"""What stands on more than one page: parts and pictures, and how work is shown while it is done."""
