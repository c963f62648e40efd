"""What the machine gives: environment variables, memory, folders of one user, compiled kernels."""

__all__ = ["cache", "compiling", "locking", "memory", "project", "variables", "whole"]
