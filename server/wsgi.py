"""What the web server loads: the application made of the environment's settings."""

from server.app import create_app
from server.config import load

app = create_app(load())
