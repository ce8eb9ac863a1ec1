<?php
echo "sent"; fastcgi_finish_request(); file_put_contents("/srv/www/uploads/later", "later");
