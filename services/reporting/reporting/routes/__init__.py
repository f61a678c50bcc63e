"""Reporting over HTTP: who may see it, what is asked, one query, one answer. One file per producer's topic."""
