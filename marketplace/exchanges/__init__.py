"""Exchanges: from "I could help" to "thank you", each to an end that both sides know."""
