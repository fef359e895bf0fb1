"""Starting the platform's processes on one machine: private PostgreSQL, private mosquitto, workers.

Nothing here knows what the platform does; `server/cli.py` is only ever started as a child process. The tests
use the same functions (`start_postgres`, `start_mosquitto`) for their own private servers.
"""
