"""Devices, what their accounts certify of them, and the keys others need to reach them."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, ForeignKey, Index, false
from sqlalchemy.orm import Mapped, mapped_column

from app_service.models.base import Model


class Device(Model):
    __tablename__ = "devices"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    signature_key: Mapped[bytes]
    list_version: Mapped[int]
    certificate: Mapped[bytes]
    certificate_signature: Mapped[bytes]


class DeviceList(Model):
    __tablename__ = "device_lists"

    user_id: Mapped[UUID] = mapped_column(ForeignKey("users.id", ondelete="CASCADE"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    statement: Mapped[bytes]
    signature: Mapped[bytes]
    created_at: Mapped[datetime]


class MlKemKey(Model):
    __tablename__ = "ml_kem_keys"

    device_id: Mapped[UUID] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True)
    encapsulation_key: Mapped[bytes]
    statement: Mapped[bytes]
    signature: Mapped[bytes]
    created_at: Mapped[datetime]


class KeyPackage(Model):
    """One MLS key package: given out once, but for the last resort."""

    __tablename__ = "key_packages"
    __table_args__ = (Index(None, "device_id", "last_resort"),)

    id: Mapped[UUID] = mapped_column(primary_key=True)
    device_id: Mapped[UUID] = mapped_column(ForeignKey("devices.id", ondelete="CASCADE"))
    key_package: Mapped[bytes]
    not_after: Mapped[datetime]
    last_resort: Mapped[bool] = mapped_column(server_default=false())
    created_at: Mapped[datetime]
