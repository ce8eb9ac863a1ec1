<?php
mysqli_report(MYSQLI_REPORT_OFF); $m = @mysqli_connect("127.0.0.1", "a", "b"); echo mysqli_connect_errno();
