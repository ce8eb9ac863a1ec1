<?php
echo extension_loaded("ftp") ? "ftp" : "none";
