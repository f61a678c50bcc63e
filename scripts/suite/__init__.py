"""All services on one machine: prepared, started under a supervisor, announced, stopped together.

`__main__` reads the command line, `layout` says where everything lies, `preparation` makes what is missing,
`supervision` hands over to the supervisor, and `announcer` tells the terminal what happens.
"""
