"""Starts the catalog: python3 server.py"""
import os

from catalog import create_app

if __name__ == "__main__":
    create_app().run(host="0.0.0.0", port=int(os.environ.get("CATALOG_PORT", "5000")), threaded=True)
