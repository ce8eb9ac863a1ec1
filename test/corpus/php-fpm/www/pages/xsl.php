<?php
$x = new DOMDocument; $x->loadXML("<a>b</a>"); $s = new DOMDocument; $s->loadXML("<xsl:stylesheet version=\"1.0\" xmlns:xsl=\"http://www.w3.org/1999/XSL/Transform\"><xsl:output method=\"text\"/><xsl:template match=\"/\"><xsl:value-of select=\"a\"/></xsl:template></xsl:stylesheet>"); $p = new XSLTProcessor; $p->importStylesheet($s); echo $p->transformToXml($x);
