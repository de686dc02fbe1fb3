"""The open sockets of this process, and who is woken by what.

Promises: waking never blocks and never fails a writer; a socket that cannot take a frame now is told where to read on
instead. At most one socket per device.
Does not: know any noun, hold a frame for a socket, or say what happened: sockets read the database after their cursors.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import contextmanager
from typing import Protocol
from uuid import UUID


class OpenSocket(Protocol):
    """What the hub asks of a socket. None of these waits."""

    @property
    def user_id(self) -> UUID: ...
    @property
    def device_id(self) -> UUID: ...
    @property
    def sign_in_id(self) -> UUID: ...
    @property
    def visible(self) -> bool:
        """Whether others may know that its person is there."""
        ...

    def offer(self, log: UUID, first: int, last: int, frame: Callable[[], str]) -> None:
        """Rows `first` to `last` of a log are there; `frame` holds them for those who may read them."""

    def behind(self, log: UUID) -> None:
        """There is something after the cursor of this log."""

    def has_events(self) -> None:
        """There is something after the cursor of account events."""

    def tell(self, frame: str) -> None:
        """A frame about state that the socket can also read anew."""

    def tell_of(self, log: UUID, frame: str) -> None:
        """The same about a log, unless that is over for the socket's account."""

    def hint(self, log: UUID, frame: str) -> None:
        """A frame about a log that may get lost, for devices that read it."""

    def signed_out(self, because: str) -> None:
        """Its sign-in was ended."""

    def replaced(self) -> None:
        """The same device connected again."""


class _Once:
    """Makes its text when it is first asked for."""

    __slots__ = ("_make", "_text")

    def __init__(self, make: Callable[[], str]) -> None:
        self._make = make
        self._text: str | None = None

    def __call__(self) -> str:
        if self._text is None:
            self._text = self._make()
        return self._text


class Hub:
    def __init__(self) -> None:
        self._by_device: dict[UUID, OpenSocket] = {}
        self._by_user: defaultdict[UUID, set[OpenSocket]] = defaultdict(set)
        self._by_log: defaultdict[UUID, set[OpenSocket]] = defaultdict(set)
        self._noting: list[set[UUID]] = []

    def add(self, socket: OpenSocket) -> bool:
        """Enter a socket; an older one of the same device leaves. True when the account is seen to come or go by it."""
        older = self._by_device.get(socket.device_id)
        was_seen = self._seen(socket.user_id)
        self._by_device[socket.device_id] = socket
        self._by_user[socket.user_id].add(socket)
        if older is not None:
            self._by_user[older.user_id].discard(older)
            older.replaced()
        return was_seen != self._seen(socket.user_id)

    def remove(self, socket: OpenSocket, logs: Iterable[UUID]) -> bool:
        """Forget a socket and the logs that it followed. True when the account is seen to go by it."""
        for log in logs:
            self._drop(self._by_log, log, socket)
        if self._by_device.get(socket.device_id) is socket:
            del self._by_device[socket.device_id]
        was_seen = self._seen(socket.user_id)
        self._drop(self._by_user, socket.user_id, socket)
        return was_seen != self._seen(socket.user_id)

    @staticmethod
    def _drop(index: defaultdict[UUID, set[OpenSocket]], key: UUID, socket: OpenSocket) -> None:
        sockets = index.get(key)
        if sockets is not None:
            sockets.discard(socket)
            if not sockets:
                del index[key]

    def follow(self, socket: OpenSocket, log: UUID) -> None:
        self._by_log[log].add(socket)

    @contextmanager
    def noting(self) -> Iterator[set[UUID]]:
        """Collects the logs that grow meanwhile, for who reads heads before it can follow them."""
        grown: set[UUID] = set()
        self._noting.append(grown)
        try:
            yield grown
        finally:
            self._noting = [each for each in self._noting if each is not grown]

    def appended(self, log: UUID, first: int, last: int, frame: Callable[[], str]) -> None:
        """Offer new rows to who follows the log; `frame` is made at most once, and only if somebody takes it."""
        for grown in self._noting:
            grown.add(log)
        sockets = self._by_log.get(log)
        if sockets:
            once = _Once(frame)
            for socket in sockets:
                socket.offer(log, first, last, once)

    def changed(self, log: UUID) -> None:
        """Something was appended that each device reads in its own form."""
        for grown in self._noting:
            grown.add(log)
        for socket in self._by_log.get(log, ()):
            socket.behind(log)

    def tell_followers(self, log: UUID, frame: str) -> None:
        for socket in self._by_log.get(log, ()):
            socket.tell_of(log, frame)

    def hint(self, log: UUID, frame: str, but: UUID) -> None:
        """Tell who follows the log, without the account that it comes from. It may get lost."""
        for socket in self._by_log.get(log, ()):
            if socket.user_id != but:
                socket.hint(log, frame)

    def tell_accounts(self, user_ids: Iterable[UUID], frame: str) -> None:
        for user_id in user_ids:
            for socket in self._by_user.get(user_id, ()):
                socket.tell(frame)

    def tell_all(self, frame: str) -> None:
        for socket in self._by_device.values():
            socket.tell(frame)

    def wake(self, user_ids: Iterable[UUID]) -> None:
        """These accounts have new events."""
        for user_id in user_ids:
            for socket in self._by_user.get(user_id, ()):
                socket.has_events()

    def end_sign_ins(self, sign_in_ids: Collection[UUID], because: str) -> None:
        for socket in list(self._by_device.values()):
            if socket.sign_in_id in sign_in_ids:
                socket.signed_out(because)

    def online(self, user_ids: Iterable[UUID]) -> set[UUID]:
        """Which of these accounts have an open socket, and let others know."""
        return {user_id for user_id in user_ids if self._seen(user_id)}

    def _seen(self, user_id: UUID) -> bool:
        return any(socket.visible for socket in self._by_user.get(user_id, ()))

    def sockets_of(self, user_id: UUID) -> int:
        return len(self._by_user.get(user_id, ()))

    def of_device(self, device_id: UUID) -> OpenSocket | None:
        return self._by_device.get(device_id)

    def sockets(self) -> list[OpenSocket]:
        return list(self._by_device.values())
