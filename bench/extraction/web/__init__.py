"""Layouts set by a browser: tables, grids and columns that a drawing library would not make.

They need Chromium and are for measuring and fitting only; the tests of the product do not.
"""
