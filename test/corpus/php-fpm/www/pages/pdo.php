<?php
echo implode(" ", PDO::getAvailableDrivers());
