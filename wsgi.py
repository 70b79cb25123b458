"""The entry point of web servers and of `flask --app wsgi`."""

import os

import config
from app import worker
from app.demo.environment import with_demo_environment
from app.factory import create_app
from app.http import doors
from app.shared_pages.front import put_in_front

app = create_app(config.load(with_demo_environment(os.environ)))
put_in_front(app)
doors.put_in_front(app)
worker.begin(app)
