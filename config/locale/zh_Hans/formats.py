"""What Django's own formats get wrong: it writes the fifth of January as 01月5日."""

MONTH_DAY_FORMAT = "n月j日"
