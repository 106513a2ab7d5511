"""What nobody asks in good faith, and what people paste: nothing of it may raise."""

HOSTILE = {
    "nothing": "",
    "a quote": '"',
    "quotes that do not close": "\"mesin 'jahit",
    "operators": "mesin AND NOT (jahit OR *) ~2 ^3 [a TO b] field:x +a -b \\",
    "sql": "'; DROP TABLE listings; -- %_ $1 :x %(x)s {0}",
    "tsquery": "a & b | !c <-> d:*",
    "marks": "#^~ #a ^a ~a ##",
    "nul": "me\x00sin",
    "only nul": "\x00",
    "control signs": "\x01\x1b[31m\x7f\r\n\u2028",
    "50 kB in one word": "m" * 50_000,
    "50 kB in words": "mesin " * 8_500,
    "emoji": "🪡🧵👩‍👩‍👧‍👦🏳️‍🌈 mesin",
    "right to left": "ماكينة خياطة \u202egnijhaj\u202c מכונת תפירה",
    "a lone surrogate": "mesin\ud800 \udfff",
    "a thousand accents": "a" + "\u0301" * 1000,
    "huge numbers": f"{9**400} 1e999999 -0 ½ ²³ ۹۹۹",
    "letters that grow": "ﷺ İŞß ﬃ" * 50,
}
BEYOND = frozenset({-(2**63), -1, 0, 2**63 - 1})  # ids that no row has
