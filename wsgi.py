"""The entry point of web servers and of `flask --app wsgi`."""

import os

import config
from app import create_app
from app.surroundings import with_running_demo

app = create_app(config.load(with_running_demo(os.environ)))
