<?php
echo implode(" ", array_slice(scandir("/etc/php/8.2/fpm/conf.d"), 2, 1));
