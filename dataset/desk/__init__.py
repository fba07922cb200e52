"""Where coders work: documents, events, workbooks, filing, formatting and adjudication.

It never touches published files.
"""
