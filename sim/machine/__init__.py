"""What the machine gives: variables, memory, folders of one user, compiled kernels, a thread to run them."""

__all__ = [
    "cache",
    "compiling",
    "conductor",
    "locking",
    "loglines",
    "memory",
    "project",
    "variables",
    "whole",
]
