import xml.etree.ElementTree as tree
from xml.dom import minidom

MIME = "application/xml"


def render(rows):
    root = tree.Element("rows")
    for name, amount in rows:
        tree.SubElement(root, "row", name=name).text = str(amount)
    return minidom.parseString(tree.tostring(root)).toprettyxml(indent=" ")
