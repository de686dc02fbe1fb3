"""Puts conversations, sessions and sockets together, and takes them down in the opposite order."""

from __future__ import annotations

from contextlib import AsyncExitStack

from starlette.datastructures import State

from app_service.attachments.blobs import open_blobs
from app_service.attachments.service import Allowance, AttachmentService
from app_service.conversations.admission import Admission, AdmissionMetrics
from app_service.conversations.closing import ClosingService
from app_service.conversations.commits import CommitService
from app_service.conversations.contributions import ContributionService
from app_service.conversations.generations import GenerationService
from app_service.conversations.lost_devices import LostDeviceService
from app_service.conversations.publishing import Publisher
from app_service.conversations.receipts import Receipts
from app_service.conversations.service import MessageService
from app_service.conversations.writer import LogWriter
from app_service.db import Database, Unit
from app_service.notary import Notaries
from app_service.realtime.events import Events, SignInsEnded
from app_service.realtime.hub import Hub
from app_service.rooms.lifecycle import RoomLifecycle
from app_service.rooms.links import LinkService
from app_service.rooms.service import RoomService
from app_service.sessions.lifecycle import SessionLifecycle
from app_service.sessions.service import SessionService
from app_service.settings import Settings
from app_service.socket.keeper import Keeper
from app_service.socket.polling import PollingService
from app_service.socket.presence import PresenceService
from app_service.socket.pump import quantum_frame
from app_service.socket.services import SocketServices


def open_conversations(state: State, stack: AsyncExitStack) -> None:
    """Add to `state`, which has all that these stand on: database, events, quantum, notaries, monitor, access …"""
    database: Database = state.database
    events: Events = state.events
    hub = Hub()
    publisher = Publisher(hub)
    writer = LogWriter(database, publisher.appended)
    receipts = Receipts(database, hub)
    lifecycle = SessionLifecycle(events, state.installation.server_name)
    lifecycle.subscribe()
    closing = ClosingService(database, writer, events, publisher.appended)
    state.hub, state.online, state.receipts = hub, hub.online, receipts
    notaries: Notaries = state.notaries
    metrics = AdmissionMetrics(state.registry)
    admission = Admission(database, state.quantum, notaries.receipt, writer, metrics)
    state.messages = MessageService(database, writer, state.limits, admission)
    state.commits = CommitService(database, writer, events, state.quantum, notaries.establish, publisher.appended)
    state.contributions = ContributionService(database, state.quantum, notaries.establish)
    state.generations = GenerationService(state.commits, state.installation.server_name)
    state.lost_devices = LostDeviceService(database, events, state.quantum, state.installation.server_name)
    rooms = RoomLifecycle(events, state.installation.server_name)
    rooms.subscribe()
    state.rooms = RoomService(database, rooms, closing)
    state.links = LinkService(database, rooms, state.quantum, state.installation.server_name)
    state.sessions = SessionService(database, events, hub, lifecycle, closing)
    presence = PresenceService(database, hub)
    settings: Settings = state.settings
    state.sockets = SocketServices(
        settings.origins,
        state.access,
        database,
        hub,
        state.messages,
        receipts,
        presence,
        state.limits,
        state.monitor,
        settings.enable_websocket,
    )
    state.polling = PollingService(state.sockets)
    _listen(hub, events)
    state.monitor.on_change(lambda available: hub.tell_all(quantum_frame(available)))
    state.attachments = _attachments(state)
    keeper = Keeper(hub, database, presence, state.attachments)
    for part in (writer, admission, receipts, keeper):
        part.start()
        stack.push_async_callback(part.close)


def _attachments(state: State) -> AttachmentService:
    settings: Settings = state.settings
    blobs = open_blobs(settings.attachment_store, settings.data_dir / "attachments")
    allowance = Allowance(settings.attachment_max_bytes, settings.attachment_quota_bytes)
    return AttachmentService(state.database, blobs, state.limits, allowance)


def _listen(hub: Hub, events: Events) -> None:
    events.on_wake(hub.wake)

    async def end(unit: Unit, event: SignInsEnded) -> None:
        unit.after_commit(lambda: hub.end_sign_ins(event.sign_in_ids, event.because))

    events.subscribe(SignInsEnded, end)
