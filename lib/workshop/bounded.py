"""
Caches and locks that cannot fill the memory, however many keys come from outside.

An entry counts with the bytes of its texts: a limit on the number of entries alone bounds nothing
where one text may have two million characters.
"""

import functools
import sys
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Generic, NamedTuple, ParamSpec, Protocol, TypeVar, overload
from weakref import WeakValueDictionary

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")
D = TypeVar("D")
V_co = TypeVar("V_co", covariant=True)
P = ParamSpec("P")
Lock = TypeVar("Lock")


def weigh(value: Any) -> int:
    """
    Return about how many bytes *value* holds, with all that is in it.

    >>> weigh("x" * 1000) > 1000, weigh({"a": ["x" * 1000]}) > 1000, weigh(None) < 100
    (True, True, True)
    """
    total, waiting = 0, [value]
    while waiting:
        each = waiting.pop()
        total += sys.getsizeof(each)
        if isinstance(each, Mapping):
            waiting += [*each.keys(), *each.values()]
        elif isinstance(each, list | tuple | set | frozenset):
            waiting += each
        elif is_dataclass(each) and not isinstance(each, type):
            waiting += [getattr(each, field.name) for field in fields(each)]
    return total


class Bounded(Generic[K, V]):
    """
    A mapping of at most *most* bytes: what was not used for longest is dropped first.

    What alone is larger is not kept at all. Every method may be called from any thread.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._lock = threading.Lock()
        self._entries: OrderedDict[K, tuple[V, int]] = OrderedDict()
        self._held = 0

    @overload
    def get(self, key: K) -> V | None: ...

    @overload
    def get(self, key: K, default: D) -> V | D: ...

    def get(self, key: K, default: Any = None) -> Any:
        """Return what is kept under *key*, *default* for nothing."""
        with self._lock:
            if key not in self._entries:
                return default
            self._entries.move_to_end(key)
            return self._entries[key][0]

    def __getitem__(self, key: K) -> V:
        with self._lock:
            self._entries.move_to_end(key)
            return self._entries[key][0]

    def __setitem__(self, key: K, value: V) -> None:
        weight = weigh(key) + weigh(value)
        with self._lock:
            self._drop(key)
            if weight <= self._most:
                self._entries[key] = value, weight
                self._held += weight
            while self._held > self._most:
                self._drop(next(iter(self._entries)))

    def pop(self, key: K, default: Any = None) -> Any:
        """Drop what is kept under *key*, and return it; *default* for nothing."""
        with self._lock:
            return self._drop(key) if key in self._entries else default

    def __contains__(self, key: object) -> bool:
        return key in self._entries

    def __iter__(self) -> Iterator[K]:
        with self._lock:
            return iter(list(self._entries))

    def __len__(self) -> int:
        return len(self._entries)

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._entries.clear()
            self._held = 0

    @property
    def held(self) -> int:
        """The bytes that are kept."""
        return self._held

    def _drop(self, key: K) -> V | None:
        value, weight = self._entries.pop(key, (None, 0))
        self._held -= weight
        return value


class CacheInfo(NamedTuple):
    """What `functools.lru_cache` tells of a cache, in bytes."""

    hits: int
    misses: int
    maxsize: int
    currsize: int


class Remembering(Protocol[P, V_co]):
    """A function that remembers what it has returned."""

    def __call__(self, *args: P.args, **named: P.kwargs) -> V_co:
        """Return what the function returns."""
        ...

    def cache_info(self) -> CacheInfo:
        """Return how often it had to be asked, and what is kept."""
        ...

    def cache_clear(self) -> None:
        """Forget everything."""
        ...


def remembered(most: int) -> Callable[[Callable[P, V]], Remembering[P, V]]:
    """
    Return what makes a pure function remember at most *most* bytes of what it took and returned.

    As `functools.lru_cache`, which counts entries of any size.
    """

    def remembering(function: Callable[P, V]) -> Remembering[P, V]:
        kept: Bounded[Hashable, tuple[V]] = Bounded(most)
        asked = {"hits": 0, "misses": 0}

        @functools.wraps(function)
        def remembers(*args: P.args, **named: P.kwargs) -> V:
            key = (args, tuple(sorted(named.items())))
            if (found := kept.get(key)) is None:
                asked["misses"] += 1
                found = kept[key] = (function(*args, **named),)
            else:
                asked["hits"] += 1
            return found[0]

        def info() -> CacheInfo:
            return CacheInfo(**asked, maxsize=most, currsize=kept.held)

        remembers.cache_info = info  # type: ignore[attr-defined]
        remembers.cache_clear = kept.clear  # type: ignore[attr-defined]
        return remembers  # type: ignore[return-value]

    return remembering


class Locks(Generic[K, Lock]):
    """
    A lock for each key, made by *make*; it is there as long as somebody holds it or waits for it.

    Hold what `[]` returns in a `with` statement, or in a name.
    """

    def __init__(self, make: Callable[[], Lock]) -> None:
        self._make = make
        self._guard = threading.Lock()
        self._used: WeakValueDictionary[K, Lock] = WeakValueDictionary()

    def __getitem__(self, key: K) -> Lock:
        with self._guard:
            lock = self._used.get(key)
            if lock is None:
                lock = self._used[key] = self._make()
            return lock

    def __len__(self) -> int:
        return len(self._used)
