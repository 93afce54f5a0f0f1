"""Messages about inquiries: one is made, one is answered."""

from __future__ import annotations

from textual.message import Message

from tui.model.inspection.inquiries import Inquiry
from tui.model.message import message


@message
class InquiryMade(Message):
    """Have something computed."""

    inquiry: Inquiry


@message
class InquiryAnswered(Message):
    """An answer to an inquiry, or a sentence that says why there is none; `is_last`: no other one follows."""

    inquiry: Inquiry
    answer: object = None
    sentence: str = ""
    is_last: bool = False
