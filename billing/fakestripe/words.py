"""The hosted page's words; Stripe's page speaks the session's language, so does this one."""

# ruff: noqa: RUF001 - Chinese has its own punctuation
from __future__ import annotations

from typing import Final

WORDS: Final[dict[str, dict[str, str]]] = {
    "en": {
        "lang": "en",
        "title": "Checkout",
        "test_mode": "Test mode",
        "pay": "Pay",
        "save": "Save card",
        "save_card": "Save a card for later",
        "pay_with": "Pay with",
        "card": "Card",
        "alipay": "Alipay",
        "wechat_pay": "WeChat Pay",
        "card_number": "Card number",
        "expiry": "Expiry (MM / YY)",
        "cvc": "Security code",
        "hint": "4242 4242 4242 4242 pays. 4000 0000 0000 0002 is declined. No money moves.",
        "cancel": "Cancel and go back",
        "wallet_hint": "The wallet's own app is left out: the payment is taken as confirmed there.",
        "generic_decline": "Your card was declined.",
        "insufficient_funds": "Your card has insufficient funds.",
        "expired_card": "Your card has expired.",
        "live_mode_test_card": (
            "Your card was declined. The request was in test mode, but used a card that is no test card."
        ),
        "incomplete_number": "Your card number is invalid.",
        "incomplete_expiry": "Your card's expiry date is incomplete or in the past.",
        "incomplete_cvc": "Your card's security code is incomplete.",
        "complete": "This payment is complete.",
        "expired": "This checkout page has expired. No payment was taken.",
        "unknown": "There is no such checkout page.",
        "go_on": "Continue",
        "powered": "A stand-in for Stripe Checkout on this machine",
    },
    "zh": {
        "lang": "zh-Hans",
        "title": "结账",
        "test_mode": "测试模式",
        "pay": "支付",
        "save": "保存银行卡",
        "save_card": "保存银行卡以便日后使用",
        "pay_with": "支付方式",
        "card": "银行卡",
        "alipay": "支付宝",
        "wechat_pay": "微信支付",
        "card_number": "卡号",
        "expiry": "有效期（月 / 年）",
        "cvc": "安全码",
        "hint": "4242 4242 4242 4242 支付成功；4000 0000 0000 0002 被拒。不会发生真实扣款。",
        "cancel": "取消并返回",
        "wallet_hint": "此处省略钱包应用：视为已在钱包中确认付款。",
        "generic_decline": "您的银行卡被拒绝。",
        "insufficient_funds": "您的银行卡余额不足。",
        "expired_card": "您的银行卡已过期。",
        "live_mode_test_card": "您的银行卡被拒绝。当前为测试模式，但使用的不是测试卡。",
        "incomplete_number": "您的卡号无效。",
        "incomplete_expiry": "有效期不完整或已过期。",
        "incomplete_cvc": "安全码不完整。",
        "complete": "此笔付款已完成。",
        "expired": "此结账页面已过期，未扣款。",
        "unknown": "没有这个结账页面。",
        "go_on": "继续",
        "powered": "本机上的 Stripe Checkout 替身",
    },
}


def words_for(locale: str | None, accept_language: str) -> dict[str, str]:
    """The words of a session's locale; without one, or with "auto", those the browser asks for."""
    wanted = accept_language if locale in {None, "auto"} else str(locale)
    return WORDS["zh" if wanted.strip().lower().startswith("zh") else "en"]
