import csv
import io


def export(rows):
    output = io.StringIO()
    writer = csv.DictWriter(output, rows[0])
    writer.writeheader()
    writer.writerows(rows)
    return output.getvalue()
