"""Kernels: functions that are compiled for the types of their arguments, and kept as they were compiled.

numba keeps them in an index and a file for each set of types, and unpickles both. Here each file begins with
its checksum, and only what is whole, ours and of these very types is unpickled; anything else is compiled
again. A file is named by its types and never by a count, so that two processes that begin at once do not
take each other's files for their own.
"""

from __future__ import annotations

import functools
import hashlib
import logging
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

from numba import njit
from numba.core.caching import (
    CompileResultCacheImpl,
    FunctionCache,
    IndexDataCacheFile,
    NullCache,
    UserProvidedCacheLocator,
)

from sim.machine import compiling
from sim.machine.private import open_own, private_folder, written_own

log = logging.getLogger(__name__)
_DIGEST = hashlib.sha256().digest_size


def kernel(function: Callable[..., Any] | None = None, **options: Any) -> Any:
    """Compile a function when it is first called, and keep it; as a decorator, with options of numba."""

    def made(function: Callable[..., Any]) -> Any:
        compiled = njit(nogil=True, **options)(function)
        if compiled is not function:  # the compiler is not switched off
            compiled._cache = _cache_of(function)
        return compiled

    return made if function is None else made(function)


def _cache_of(function: Callable[..., Any]) -> Any:
    try:
        return _Cache(function)
    except RuntimeError:  # nothing can be written: compiled in every process
        return NullCache()


_sources = functools.cache(compiling.kernel_hash)


class _Locator(UserProvidedCacheLocator):  # type: ignore[misc]
    """Where the kernels of a source file are: in a folder of this user alone.

    A file of ours is known by its place in sim/ and by all that kernels call: every checkout and every
    installation of the same sources shares what was compiled.
    """

    def __init__(self, function: Callable[..., Any], file: str) -> None:
        super().__init__(function, file)
        path = Path(file)
        ours = path.is_relative_to(compiling.SIM)
        below = path.parent.relative_to(compiling.SIM) if ours else self.get_suitable_cache_subpath(file)
        self._sources = _sources() if ours else None
        self._cache_path = str(Path(os.environ["NUMBA_CACHE_DIR"]) / "sim" / below)

    def get_source_stamp(self) -> Any:
        return self._sources or super().get_source_stamp()

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> Any:
        return super(UserProvidedCacheLocator, cls).from_function(function, file)  # whenever numba came

    def ensure_cache_path(self) -> None:
        private_folder(Path(self._cache_path))


class _Contents(CompileResultCacheImpl):  # type: ignore[misc]
    _locator_classes = (_Locator,)


class _Files(IndexDataCacheFile):  # type: ignore[misc]
    """numba's index and its files; a file that fails a check counts as missing."""

    def save(self, key: Any, data: Any) -> None:
        about = repr((self._version, self._source_stamp, key)).encode()
        name = f"{self._index_name.removesuffix('.nbi')}.{hashlib.sha256(about).hexdigest()[:16]}.nbc"
        self._write(self._data_path(name), (key, data))
        self._save_index({**self._load_index(), key: name})

    def load(self, key: Any) -> Any:
        name = self._load_index().get(key)
        found = self._read(self._data_path(name)) if name is not None else None
        return found[1] if found is not None and found[0] == key else None

    def _load_index(self) -> dict[Any, str]:
        found = self._read(self._index_path)
        about = (self._version, self._source_stamp)
        return found[1] if found is not None and found[0] == about else {}

    def _save_index(self, overloads: dict[Any, str]) -> None:
        self._write(self._index_path, ((self._version, self._source_stamp), overloads))

    def _read(self, path: str) -> Any:
        """Return what was written, or None."""
        try:
            with open_own(Path(path)) as stream:
                content = stream.read()
        except OSError:
            return None
        if hashlib.sha256(content[_DIGEST:]).digest() != content[:_DIGEST]:
            return None
        try:
            return pickle.loads(memoryview(content)[_DIGEST:])
        except Exception:  # of another version of a library
            return None

    def _write(self, path: str, what: Any) -> None:
        body = self._dump(what)
        with written_own(Path(path)) as stream:
            stream.write(hashlib.sha256(body).digest() + body)


class _Cache(FunctionCache):  # type: ignore[misc]
    """What cannot be loaded, for whatever reason, is compiled; what cannot be kept costs time only."""

    _impl_class = _Contents

    def __init__(self, function: Callable[..., Any]) -> None:
        super().__init__(function)
        locator = self._impl.locator
        self._cache_file = _Files(self._cache_path, self._impl.filename_base, locator.get_source_stamp())

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        try:
            return super().load_overload(sig, target_context)
        except Exception as error:
            log.info("a kept kernel could not be loaded: %r", error)
            return None

    def save_overload(self, sig: Any, data: Any) -> None:
        try:
            super().save_overload(sig, data)
        except OSError as error:
            log.info("a kernel could not be kept: %r", error)
