<?php
$p = proc_open(["php8.2", "-r", "echo 6*7;"], [1 => ["pipe", "w"]], $pipes); echo stream_get_contents($pipes[1]);
