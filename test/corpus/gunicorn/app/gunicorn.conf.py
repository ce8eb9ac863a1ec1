bind = "0.0.0.0:8000"
worker_class = "gevent"
workers = 2
accesslog = "-"
proc_name = "ledger"
statsd_prefix = "ledger"


def on_starting(server):
    server.log.info("starting")


def worker_exit(server, worker):
    server.log.info("worker %s left", worker.pid)
