<?php
echo hash("xxh3", "pare"), " ", crc32("pare"), " ", hash_hmac("sha512/256", "a", "b") !== "" ? "mac" : "";
