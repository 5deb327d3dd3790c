"""Alerts: what somebody must look at, and the mails that say so.

`findings` knows what is open, `policy` who is told, `digest` what to say, `message` how it is
written, `book` puts finding and mail in the journal as one record, `outbox` sends what waits there.
"""

from tasks.alerts.book import Post, policy_of, record
from tasks.alerts.digest import Desk
from tasks.alerts.findings import FAILED, OPERATIONS, Finding, Look, open_findings
from tasks.alerts.smtp import check_smtp

__all__ = [
    "FAILED",
    "OPERATIONS",
    "Desk",
    "Finding",
    "Look",
    "Post",
    "check_smtp",
    "open_findings",
    "policy_of",
    "record",
]
