import csv
import io

MIME = "text/csv"


def render(rows):
    out = io.StringIO()
    csv.writer(out, dialect="unix").writerows(rows)
    return out.getvalue()
