"""All tables; importing this package fills `Model.metadata`."""

from app_service.models.accounts import Event, Pins, SignIn, User, Vault, VaultWrap
from app_service.models.attachments import Attachment, AttachmentChunk
from app_service.models.base import Model
from app_service.models.connections import Block, Connection
from app_service.models.conversations import (
    Commit,
    Conversation,
    EarlierStay,
    KeyPackageClaim,
    LogEntry,
    LostDevice,
    Member,
    Participant,
    Welcome,
)
from app_service.models.directory import Device, DeviceList, KeyPackage, MlKemKey
from app_service.models.rooms import JoinRequest, Room, RoomLink
from app_service.models.server import NotaryKey, ServerSetting
from app_service.models.sessions import Session

__all__ = [
    "Attachment",
    "AttachmentChunk",
    "Block",
    "Commit",
    "Connection",
    "Conversation",
    "Device",
    "DeviceList",
    "EarlierStay",
    "Event",
    "JoinRequest",
    "KeyPackage",
    "KeyPackageClaim",
    "LogEntry",
    "LostDevice",
    "Member",
    "MlKemKey",
    "Model",
    "NotaryKey",
    "Participant",
    "Pins",
    "Room",
    "RoomLink",
    "ServerSetting",
    "Session",
    "SignIn",
    "User",
    "Vault",
    "VaultWrap",
    "Welcome",
]
