"""Commands about customers and vendors."""

from uuid import UUID

from msgspec import field

from duebook.http.inputs import free_json
from duebook.http.native.command_base import Asked
from duebook.http.native.shapes import ExternalId, Free, Name, Tags, Terms, tags_of
from duebook.ledger import commands
from duebook.ledger.facts import PartyId, Side


class PutParty(Asked, kw_only=True, frozen=True):
    """Make a party, or replace all that is known of it; it is found by its id, else by its external id."""

    side: Side
    id: UUID | None = None
    external_id: ExternalId | None = None
    name: Name
    terms: Terms | None = None
    tags: Tags = field(default_factory=list)
    profile: Free = field(default_factory=dict)

    def asked(self, at: str) -> commands.PutParty:
        """What the ledger is asked for."""
        return commands.PutParty(
            side=self.side,
            id=PartyId(self.id) if self.id else None,
            external_id=self.external_id,
            name=self.name,
            terms=self.terms.asked if self.terms else None,
            tags=tags_of(self.tags),
            profile=free_json(f"{at}.profile", self.profile),
        )


class ArchiveParty(Asked, kw_only=True, frozen=True):
    """Hide a party from lists; it keeps its documents and its balance, and takes no new charges."""

    side: Side
    id: UUID

    def asked(self, at: str) -> commands.ArchiveParty:  # noqa: ARG002 - nothing in it can be wrong by itself
        """What the ledger is asked for."""
        return commands.ArchiveParty(self.side, PartyId(self.id))


class UnarchiveParty(Asked, kw_only=True, frozen=True):
    """Show an archived party in lists again; it takes new charges."""

    side: Side
    id: UUID

    def asked(self, at: str) -> commands.UnarchiveParty:  # noqa: ARG002 - nothing in it can be wrong by itself
        """What the ledger is asked for."""
        return commands.UnarchiveParty(self.side, PartyId(self.id))


class MergeParties(Asked, kw_only=True, frozen=True):
    """Move all documents of a party to another of its side, as one correction, and archive the first."""

    side: Side
    id: UUID
    into: UUID

    def asked(self, at: str) -> commands.MergeParties:  # noqa: ARG002 - nothing in it can be wrong by itself
        """What the ledger is asked for."""
        return commands.MergeParties(self.side, PartyId(self.id), PartyId(self.into))
