"""Lists: page by page, counted from 1.

Source: docs/reference/thredfi.md, "Lists".
"""

from dataclasses import dataclass
from typing import Annotated, Final

import msgspec
from litestar.di import NamedDependency, Provide
from litestar.params import QueryParameter
from msgspec import Meta

from duebook.ledger.lists import Page

PAGE_SIZE: Final = 20
LARGEST_PAGE: Final = 100


class PageInfo(msgspec.Struct):
    """Where a page stands among all."""

    total_count: int
    current_page: int
    total_pages: int
    page_size: int


class Paged(msgspec.Struct, kw_only=True):
    """One page of a list: how many there are on all pages, and where this one stands."""

    count: Annotated[int, Meta(description="How many there are on all pages")]
    page_info: PageInfo


@dataclass(frozen=True, slots=True)
class Paging:
    """Which page is asked for. Past the last there is nothing."""

    page: int
    page_size: int

    @property
    def offset(self) -> int:
        """How many things stand on the pages before."""
        return (self.page - 1) * self.page_size

    def part(self, *, back: bool) -> Page:
        """The same as a part of a list of the ledger's."""
        return Page(limit=self.page_size, offset=self.offset, back=back)

    def info(self, total: int) -> PageInfo:
        """What is said of the page beside its objects."""
        return PageInfo(total, self.page, max(1, -(-total // self.page_size)), self.page_size)


async def paging(
    page: Annotated[int, QueryParameter(ge=1, le=1_000_000)] = 1,
    page_size: Annotated[int, QueryParameter(ge=1, le=LARGEST_PAGE)] = PAGE_SIZE,
) -> Paging:
    """The page that a request asks for."""
    return Paging(page, page_size)


PAGING: Final = {"paging": Provide(paging)}
ThePage = NamedDependency[Paging]
"""A handler with these dependencies and a parameter `paging: ThePage` is given the page asked for."""
