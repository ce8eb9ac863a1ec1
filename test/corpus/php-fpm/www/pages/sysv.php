<?php
echo extension_loaded("sysvshm") && ftok(__FILE__, "a") !== -1 ? "shm" : "none";
