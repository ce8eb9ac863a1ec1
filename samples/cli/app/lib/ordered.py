"""Prints the letters by size, with the time that it was in Tokyo when the epoch began."""
import pathlib
import sys
from datetime import datetime, timezone

letters = sorted(pathlib.Path(sys.argv[1]).glob("*.txt"), key=lambda path: (path.stat().st_size, path.name))
print(*(path.name for path in letters))
if letters:
    from zoneinfo import ZoneInfo

    print(datetime.fromtimestamp(0, timezone.utc).astimezone(ZoneInfo("Asia/Tokyo")).isoformat())
