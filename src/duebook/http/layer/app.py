"""The application of this dialect."""

from litestar import Litestar, Router

from duebook.http.callers import token_holder
from duebook.http.intake import BODY_BYTES
from duebook.http.layer.aging import ap_aging_of_vendor, ar_aging_of_customer
from duebook.http.layer.aging_report import ar_aging_report
from duebook.http.layer.bill_changes import change_bill, delete_bill, delete_bill_by_method, void_bill
from duebook.http.layer.bill_payment_changes import (
    change_bill_payment,
    delete_bill_payment,
    delete_bill_payment_by_post,
)
from duebook.http.layer.bill_payments import add_bill_payment, get_bill_payment, list_bill_payments
from duebook.http.layer.bills import add_bill, add_bills, get_bill, list_bills
from duebook.http.layer.businesses import add_business
from duebook.http.layer.customer_credits import (
    change_customer_credit,
    delete_customer_credit,
    get_customer_credit,
    list_customer_credits,
    put_customer_credit,
    replace_customer_credit,
)
from duebook.http.layer.customer_refunds import (
    delete_customer_refund,
    delete_customer_refund_payment,
    get_customer_refund,
    list_customer_refunds,
    pay_customer_refund,
    put_customer_refund,
    put_dedicated_refund,
    replace_customer_refund,
)
from duebook.http.layer.customers import (
    archive_customer,
    change_customer,
    get_customer,
    list_customers,
    merge_customer,
    put_customer,
    unarchive_customer,
)
from duebook.http.layer.errors import error_answer
from duebook.http.layer.invoice_batches import add_batch, add_bulk
from duebook.http.layer.invoice_changes import change_invoice, delete_invoice, void_invoice
from duebook.http.layer.invoice_payment_changes import change_payment, delete_payment, delete_payment_by_post
from duebook.http.layer.invoice_payments import add_dedicated_payment, add_payment, get_payment, list_payments
from duebook.http.layer.invoice_write_offs import (
    add_write_off,
    delete_write_off,
    delete_write_off_by_post,
    get_write_off,
    list_write_offs,
)
from duebook.http.layer.invoices import add_invoice, get_invoice, list_invoices
from duebook.http.layer.limits import RateLimit, tell
from duebook.http.layer.security import COMPONENTS
from duebook.http.layer.tag_dimensions import (
    add_dimension,
    add_tag_value,
    archive_tag_value,
    get_dimension,
    list_dimensions,
    list_tag_values,
    unarchive_tag_value,
)
from duebook.http.layer.tokens import business_token, business_token_by_get, client_token, whoami
from duebook.http.layer.unified_aging import unified_ap_aging, unified_ar_aging
from duebook.http.layer.vendor_credits import (
    change_vendor_credit,
    delete_vendor_credit,
    get_vendor_credit,
    list_vendor_credits,
    put_vendor_credit,
    replace_vendor_credit,
)
from duebook.http.layer.vendor_refunds import (
    delete_vendor_refund,
    delete_vendor_refund_payment,
    get_vendor_refund,
    list_vendor_refunds,
    pay_vendor_refund,
    put_vendor_refund,
    replace_vendor_refund,
)
from duebook.http.layer.vendors import (
    archive_vendor,
    change_vendor,
    get_vendor,
    list_vendors,
    merge_vendor,
    put_vendor,
    unarchive_vendor,
)
from duebook.http.observed import failed
from duebook.http.openapi import described
from duebook.http.services import DEPENDENCIES

BEHIND_TOKENS = [
    *(whoami, business_token, business_token_by_get, add_business),
    *(put_customer, list_customers, get_customer, change_customer),
    *(archive_customer, unarchive_customer, merge_customer),
    *(put_vendor, list_vendors, get_vendor, change_vendor),
    *(archive_vendor, unarchive_vendor, merge_vendor),
    *(add_invoice, list_invoices, get_invoice, add_batch, add_bulk),
    *(change_invoice, void_invoice, delete_invoice),
    *(change_payment, delete_payment, delete_payment_by_post),
    *(add_payment, list_payments, get_payment, add_dedicated_payment),
    *(add_write_off, list_write_offs, get_write_off, delete_write_off, delete_write_off_by_post),
    *(put_customer_credit, list_customer_credits, get_customer_credit),
    *(put_customer_refund, put_dedicated_refund, list_customer_refunds, get_customer_refund),
    *(replace_customer_refund, delete_customer_refund, pay_customer_refund, delete_customer_refund_payment),
    *(replace_customer_credit, change_customer_credit, delete_customer_credit),
    *(add_bill, list_bills, get_bill, add_bills),
    *(change_bill, void_bill, delete_bill, delete_bill_by_method),
    *(change_bill_payment, delete_bill_payment, delete_bill_payment_by_post),
    *(add_bill_payment, list_bill_payments, get_bill_payment),
    *(put_vendor_credit, list_vendor_credits, get_vendor_credit),
    *(put_vendor_refund, list_vendor_refunds, get_vendor_refund),
    *(replace_vendor_refund, delete_vendor_refund, pay_vendor_refund, delete_vendor_refund_payment),
    *(replace_vendor_credit, change_vendor_credit, delete_vendor_credit),
    *(add_dimension, list_dimensions, get_dimension),
    *(add_tag_value, list_tag_values, archive_tag_value, unarchive_tag_value),
    *(ar_aging_of_customer, ap_aging_of_vendor, ar_aging_report, unified_ap_aging, unified_ar_aging),
]


def build(requests_per_second: int = 0) -> Litestar:
    """The routes of this dialect; its state is given `services` before the first request.

    A partner may ask so often; as often as it likes, if that is 0.
    """
    return Litestar(
        [client_token, Router("/", route_handlers=BEHIND_TOKENS, guards=[token_holder])],
        dependencies=DEPENDENCIES,
        before_request=RateLimit(requests_per_second).count if requests_per_second else None,
        before_send=[tell],
        exception_handlers={Exception: error_answer},
        after_exception=[failed],
        opt={"dialect": "layer"},
        openapi_config=described("Duebook, in Layer's words", COMPONENTS),
        request_max_body_size=BODY_BYTES,
        logging_config=None,
    )
