"""A commit as its author posts it, checked as far as that needs no database (PROTOCOL.md 6)."""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from app_service.conversations import authenticated_data
from app_service.conversations.authenticated_data import CommitDetails
from app_service.conversations.entries import Author, Entry, decode_content, parse_entry
from app_service.conversations.mls_header import parse_welcome
from app_service.conversations.refusals import bad_commit, bad_contribution
from app_service.conversations.schemas import CommitPost, Contribution
from app_service.conversations.transcript import Transcript, contribution_id, read_transcript
from app_service.mls import MalformedMls
from shared.encoding import MalformedEncoding


class Proposal(NamedTuple):
    """Everything that is stored together if the commit wins its epoch."""

    entry: Entry
    details: CommitDetails
    welcomes: list[bytes]
    contribution: Contribution | None
    transcript: Transcript | None

    @property
    def founds(self) -> bool:
        """Whether it is the first commit of a group, which must carry a contribution (P7.3)."""
        return self.entry.epoch == 0


def parse_proposal(author: Author, conversation_id: UUID, body: CommitPost) -> Proposal:
    """422 `not_encrypted`, `bad_commit` or `bad_contribution`."""
    content = decode_content(body.commit)
    entry = parse_entry(author, conversation_id, body.client_id, "commit", content, refusal="bad_commit")
    if (entry.generation, entry.epoch) != (body.generation, body.epoch):
        raise bad_commit("The commit is of another epoch than the call says.")
    try:
        details = authenticated_data.decode_commit(entry.details)
    except MalformedEncoding as error:
        raise bad_commit("The commit does not say what it does.") from error
    if details.added and details.removed:
        raise bad_commit("A commit adds or removes, never both.")
    _check_welcomes(body.welcomes, details)
    return Proposal(entry, details, body.welcomes, body.contribution, _transcript(entry, details, body.contribution))


def _check_welcomes(welcomes: list[bytes], details: CommitDetails) -> None:
    try:
        references = [reference for welcome in welcomes for reference in parse_welcome(welcome)]
    except MalformedMls as error:
        raise bad_commit("Not an MLS welcome of our suite.") from error
    if len(references) != len(details.added) or len(set(references)) != len(references):
        raise bad_commit("The welcomes are not for the devices that are added.")


def _transcript(entry: Entry, details: CommitDetails, contribution: Contribution | None) -> Transcript | None:
    """The transcript that the authenticated data names, for this very epoch."""
    if contribution is None:
        if details.contribution_id is not None:
            raise bad_contribution("The commit names a contribution that is not there.")
        return None
    if contribution_id(contribution.transcript) != details.contribution_id:
        raise bad_contribution("The commit names another contribution.")
    try:
        transcript = read_transcript(contribution.transcript)
    except MalformedEncoding as error:
        raise bad_contribution("Not a transcript.") from error
    place = (transcript.conversation_id, transcript.generation, transcript.epoch, transcript.purpose)
    if place != (entry.conversation_id, entry.generation, entry.epoch, "found" if entry.epoch == 0 else "rotate"):
        raise bad_contribution("The contribution was made for something else.")
    return transcript
