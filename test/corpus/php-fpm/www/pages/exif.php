<?php
echo @exif_imagetype("/srv/www/index.php") === false ? "no image" : "image";
