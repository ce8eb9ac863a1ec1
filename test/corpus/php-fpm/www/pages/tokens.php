<?php
echo count(token_get_all("<?php echo 1;"));
