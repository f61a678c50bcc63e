"""Comments: what respondents wrote in their own words, apart from all else they answered, until a reader releases it.

Announces nothing; handed over by the count, once per survey.
"""
