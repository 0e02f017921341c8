"""The accounts that a write-off can go to, and the menu of Thredfi's browser widget.

Holds: an account stands for a reason of the ledger's; its id follows from the business and the reason.
Source: docs/reference/thredfi.md, "Accounts" and "The widget's menu".
"""

from typing import Final, NamedTuple
from uuid import UUID, uuid5

import msgspec
from litestar import Response, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromPath

from duebook.http.callers import CallerRequest, signed_in
from duebook.http.encoded import answered
from duebook.http.services import TheServices
from duebook.http.thredfi.errors import errors
from duebook.http.thredfi.paging import PAGING, Paged, ThePage
from duebook.http.thredfi.security import ANYONE
from duebook.ledger.facts import Reason
from duebook.tenancy.facts import BusinessId
from duebook.tenancy.gate import read_tx

_BUSINESS: Final = "/v1/platform/businesses/{business_id:uuid}"


class _Named(NamedTuple):
    code: str
    name: str
    type: str
    sub_type: str


_ACCOUNTS: Final = {
    Reason.BAD_DEBT: _Named("6100", "Bad debts", "expense", "bad_debt"),
    Reason.DISCOUNT: _Named("4900", "Discounts", "revenue", "discount"),
    Reason.WITHHOLDING: _Named("1400", "Withholding tax", "asset", "withholding"),
    Reason.BANK_CHARGE: _Named("6200", "Bank charges", "expense", "bank_charge"),
    Reason.ROUNDING: _Named("6900", "Rounding differences", "expense", "rounding"),
    Reason.CONTRA: _Named("1900", "Contra settlements", "asset", "contra"),
    Reason.OTHER: _Named("6990", "Other write-offs", "expense", "other"),
}


class Account(msgspec.Struct, kw_only=True):
    """An account that a write-off can go to."""

    id: UUID
    code: str
    name: str
    type: str
    sub_type: str
    is_active: bool = True


class AccountPage(Paged, kw_only=True):
    """One page of accounts."""

    results: list[Account]


class Menu(msgspec.Struct, kw_only=True):
    """Which pages there is something on."""

    insights: bool = True
    tasks: bool = False
    bank_transactions: bool = False
    reports: bool = False
    general_ledger: bool = False
    accounts_receivable: bool = True
    accounts_payable: bool = True


class MenuConfig(msgspec.Struct, kw_only=True):
    """The widget's menu."""

    menu: Menu
    sub_menu_tabs: dict[str, bool]


class MenuAnswer(msgspec.Struct):
    """The widget's menu, as it reads it."""

    data: MenuConfig


def account_id(business_id: BusinessId, reason: Reason) -> UUID:
    """The account that stands for a reason in the books of a business."""
    return uuid5(business_id, f"account {reason}")


def reason_of(business_id: BusinessId, given: UUID) -> Reason | None:
    """The reason that an account stands for; None if it is none of the business's."""
    return next((one for one in Reason if account_id(business_id, one) == given), None)


def account(business_id: BusinessId, reason: Reason) -> Account:
    """The account that stands for a reason, with its name."""
    return Account(id=account_id(business_id, reason), **_ACCOUNTS[reason]._asdict())


@get(
    f"{_BUSINESS}/general-ledger/chart-of-accounts",
    operation_id="list_accounts",
    tags=["Accounts Receivable"],
    summary="List the accounts that a write-off can go to",
    description="They are the reasons for which something can be written off. There is no general ledger here.",
    guards=[signed_in],
    security=ANYONE,
    dependencies=PAGING,
    responses={200: ResponseSpec(AccountPage, generate_examples=False, description="One page")} | errors(401, 403, 404),
)
async def list_accounts(
    request: CallerRequest, services: TheServices, business_id: FromPath[UUID], paging: ThePage
) -> Response[bytes]:
    """The accounts of a business."""
    async with read_tx(services.database, request.user, BusinessId(business_id)) as tx:
        found = [account(tx.business.id, reason) for reason in Reason]
    part = found[paging.offset : paging.offset + paging.page_size]
    return answered(AccountPage(count=len(found), page_info=paging.info(len(found)), results=part))


@get(
    f"{_BUSINESS}/menu-config",
    operation_id="get_menu_config",
    tags=["Insights"],
    summary="The menu of the browser widget",
    guards=[signed_in],
    security=ANYONE,
    responses={200: ResponseSpec(MenuAnswer, generate_examples=False, description="The pages that there are")}
    | errors(401, 403, 404),
)
async def menu_config(request: CallerRequest, services: TheServices, business_id: FromPath[UUID]) -> Response[bytes]:
    """Which pages the widget shows: those of receivables and payables."""
    async with read_tx(services.database, request.user, BusinessId(business_id)):
        return answered(MenuAnswer(MenuConfig(menu=Menu(), sub_menu_tabs={})))
