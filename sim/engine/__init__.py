"""The engine: children live month by month through the processes, in a municipality with a budget."""
