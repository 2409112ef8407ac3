"""Datasets: built in or local, behind one loader."""
