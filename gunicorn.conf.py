"""gunicorn's settings for the web process: `gunicorn nps_project.wsgi` (docs/operations.md)."""

import os

from common import logs

bind = os.environ.get("SHOPKEEPER_BIND", "127.0.0.1:8000")
workers = int(os.environ.get("SHOPKEEPER_WEB_WORKERS", "2"))
threads = int(os.environ.get("SHOPKEEPER_WEB_THREADS", "4"))
timeout = 60
max_requests, max_requests_jitter = 5_000, 500
accesslog = (
    None  # it would write paths, and those hold the tokens of surveys; common.middleware.RequestLog writes routes
)
control_socket_disable = True  # it would write into the home folder
logconfig_dict = logs.configuration(level=os.environ.get("SHOPKEEPER_LOG_LEVEL", "INFO"))
logconfig_dict["loggers"]["gunicorn.error"] = {"handlers": [], "level": "INFO", "propagate": True}
