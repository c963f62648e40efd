"""What the machine gives: environment variables, memory, folders of one user, compiled kernels."""

__all__ = ["cache", "compiling", "locking", "loglines", "memory", "project", "variables", "whole"]
