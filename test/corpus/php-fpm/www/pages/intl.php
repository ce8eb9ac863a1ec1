<?php
echo extension_loaded("intl") ? "intl" : "none";
