"""Made-up clinical paper with exact truth, for the demo, the tests and the extraction bench.

``python -m documents.samples --out DIR`` writes documents of every layout and capture variant;
``--committed`` rewrites the small set kept in ``documents/samples/files``. Nobody in them is real:
telephone numbers are 555-01xx, NPIs start with a digit never issued, e-mail is at example domains.
"""
