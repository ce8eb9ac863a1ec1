<?php
echo @file_get_contents("/srv/www/uploads/later");
