<?php
echo trim(shell_exec("id -un; printf %s one | wc -c"));
