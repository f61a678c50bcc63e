"""Responses: answers, dropped into a sealed box while the code is burnt, and destroyed when they are counted.

Announces nothing: no single answer leaves this service.
"""
