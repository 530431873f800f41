"""
White space as Go sees it, which is neither Python's nor the shell's.

https://pkg.go.dev/unicode#IsSpace
"""

SPACE = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005\u2006\u2007\u2008\u2009\u200a"
    "\u2028\u2029\u202f\u205f\u3000"
)
"""Every character for which Go's unicode.IsSpace holds."""

ASCII_SPACE = "\t\n\v\f\r "
"""What is left of that where BuildKit goes byte by byte."""

WORD_BREAK = "[\t\v\f\r ]+"
"""What separates an instruction's words: parser.go, reWhitespace."""
