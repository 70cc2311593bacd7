"""Identifiers of the trade, one small module each: form, check digit, findings that name the fix.

Every module has `findings(text, at=…) -> list[Reason]`, empty when the identifier is right. All are
exact: no lower case, no full-width digits, no blanks, no trailing newline is let through or mended
silently (DOMAIN 2.0), since two readers would mend differently. Check digits are python-stdnum's.
"""
