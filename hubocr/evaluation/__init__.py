"""Labelled data, and how well they are read: data sets, metrics, matching, reports.

Training, benchmarks, ``hubocr eval`` and the tests use the same parts. Edit distances are
RapidFuzz's, which is in the extra ``hubocr[eval]``; importing this package doesn't load it.
"""
