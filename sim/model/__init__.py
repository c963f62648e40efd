"""The model as data: parameters, households, processes and what they cost."""
