"""Backline: the back office of a clinic."""
