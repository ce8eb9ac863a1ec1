<?php
echo getenv("HOME") !== false ? "env" : "none", " ", PHP_VERSION_ID >= 80200 ? "8.2" : "old";
