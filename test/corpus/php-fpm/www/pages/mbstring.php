<?php
echo mb_strtolower("ÄÖ"), " ", mb_detect_encoding("日本", ["SJIS", "UTF-8"]), " ", mb_strimwidth("日本語です", 0, 6, "…");
