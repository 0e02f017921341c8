"""The application of this dialect."""

from litestar import Litestar

from duebook.http.intake import BODY_BYTES
from duebook.http.observed import failed
from duebook.http.openapi import described
from duebook.http.services import DEPENDENCIES
from duebook.http.thredfi.accounts import list_accounts, menu_config
from duebook.http.thredfi.bank_transactions import (
    list_bank_transactions,
    match_bill_payment,
    match_payment,
    unmatch_bill_payment,
    unmatch_payment,
)
from duebook.http.thredfi.bill_changes import delete_bill, update_bill, void_bill
from duebook.http.thredfi.bill_payments import (
    allocate_bill_payment,
    cancel_bill_payment,
    create_bill_payment,
    delete_bill_payment_allocation,
    get_bill_payment,
    list_bill_payments,
    update_bill_payment,
)
from duebook.http.thredfi.bills import create_bill, get_bill, list_bills
from duebook.http.thredfi.businesses import create_business, get_business, list_businesses
from duebook.http.thredfi.customer_credits import (
    create_customer_credit,
    get_customer_credit,
    list_customer_credits,
    update_customer_credit,
    void_customer_credit,
)
from duebook.http.thredfi.customers import (
    archive_customer,
    create_customer,
    get_customer,
    list_customers,
    update_customer,
)
from duebook.http.thredfi.errors import error_answer
from duebook.http.thredfi.insights import ap_aging, ar_aging
from duebook.http.thredfi.invoice_changes import delete_invoice, update_invoice, void_invoice
from duebook.http.thredfi.invoice_payments import (
    allocate_payment,
    cancel_payment,
    create_payment,
    delete_payment_allocation,
    get_payment,
    list_payments,
    update_payment,
)
from duebook.http.thredfi.invoice_refund_payments import (
    create_refund_payment,
    delete_refund_payment,
    get_refund_payment,
    list_refund_payments,
)
from duebook.http.thredfi.invoice_refunds import (
    create_refund,
    delete_refund,
    get_refund,
    list_refunds,
)
from duebook.http.thredfi.invoices import create_invoice, get_invoice, list_invoices
from duebook.http.thredfi.security import COMPONENTS
from duebook.http.thredfi.stats import ap_stats, ar_stats
from duebook.http.thredfi.tokens import business_token, partner_token
from duebook.http.thredfi.vendor_credits import (
    create_vendor_credit,
    get_vendor_credit,
    list_vendor_credits,
    update_vendor_credit,
    void_vendor_credit,
)
from duebook.http.thredfi.vendor_refund_payments import (
    create_vendor_refund_payment,
    delete_vendor_refund_payment,
    get_vendor_refund_payment,
    list_vendor_refund_payments,
)
from duebook.http.thredfi.vendor_refunds import (
    cancel_vendor_refund,
    create_vendor_refund,
    delete_vendor_refund,
    get_vendor_refund,
    list_vendor_refunds,
)
from duebook.http.thredfi.vendors import archive_vendor, create_vendor, get_vendor, list_vendors, update_vendor
from duebook.http.thredfi.write_offs import create_write_off, delete_write_off, get_write_off, list_write_offs

HANDLERS = [
    *(partner_token, business_token, create_business, list_businesses, get_business),
    *(create_customer, list_customers, get_customer, update_customer, archive_customer),
    *(create_vendor, list_vendors, get_vendor, update_vendor, archive_vendor),
    *(create_invoice, list_invoices, get_invoice, update_invoice, void_invoice, delete_invoice),
    *(create_bill, list_bills, get_bill, update_bill, void_bill, delete_bill),
    *(create_payment, list_payments, get_payment, update_payment, cancel_payment),
    *(allocate_payment, delete_payment_allocation),
    *(create_bill_payment, list_bill_payments, get_bill_payment, update_bill_payment, cancel_bill_payment),
    *(allocate_bill_payment, delete_bill_payment_allocation),
    *(list_bank_transactions, match_payment, unmatch_payment, match_bill_payment, unmatch_bill_payment),
    *(create_customer_credit, list_customer_credits, get_customer_credit, update_customer_credit, void_customer_credit),
    *(create_vendor_credit, list_vendor_credits, get_vendor_credit, update_vendor_credit, void_vendor_credit),
    *(ar_aging, ap_aging, ar_stats, ap_stats),
    *(list_accounts, menu_config),
    *(create_refund, list_refunds, get_refund, delete_refund),
    *(create_refund_payment, list_refund_payments, get_refund_payment, delete_refund_payment),
    *(create_vendor_refund, list_vendor_refunds, get_vendor_refund, delete_vendor_refund, cancel_vendor_refund),
    *(create_vendor_refund_payment, list_vendor_refund_payments),
    *(get_vendor_refund_payment, delete_vendor_refund_payment),
    *(create_write_off, list_write_offs, get_write_off, delete_write_off),
]


def build() -> Litestar:
    """The routes of this dialect; its state is given `services` before the first request."""
    return Litestar(
        HANDLERS,
        dependencies=DEPENDENCIES,
        exception_handlers={Exception: error_answer},
        after_exception=[failed],
        opt={"dialect": "thredfi"},
        openapi_config=described("Duebook, in Thredfi's words", COMPONENTS),
        request_max_body_size=BODY_BYTES,
        logging_config=None,
    )
