<?php
echo bin2hex(iconv("UTF-8", "ISO-8859-2", "ž")), " ", bin2hex(iconv("UTF-8", "UTF-16LE", "a"));
